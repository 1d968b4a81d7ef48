import { createStage, type Stage, until } from "@rollcall/test/agent-stage.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { RunInputs, RunOnDemand } from "./index.ts";

const READER = { consumes: ["stock.reserved"], publishes: [] };
const IDLER = { consumes: [], publishes: [] };
const READERS = ["pausing", "born-paused", "draining", "stuck-draining"];
const IDLERS = ["running", "pausing-runner", "failing-runner", "healthy", "sick", "hanging-probe", "no-probe"];
let stage: Stage;

beforeAll(async () => {
  stage = await createStage(inject("redisUrl"), {
    ...Object.fromEntries(READERS.map((name) => [name, READER])),
    ...Object.fromEntries(IDLERS.map((name) => [name, IDLER])),
  });
});
afterAll(() => stage.close());

/** A worker that notes what it handles, and takes as long as it is let. */
async function startReader(agent: string) {
  const handled: number[] = [];
  const gate = { open: Promise.resolve() as Promise<unknown>, entered: 0 };
  const handle = async (event: { data: Record<string, unknown> }) => {
    gate.entered += 1;
    await gate.open;
    handled.push(Number(event.data.n));
  };
  const started = await stage.start(agent, { ...READER, handle: { "stock.reserved": handle } });
  await stage.beatThat(agent, "the first", () => true);
  return { started, handled, gate };
}
const publish = (n: number, only: string) => stage.publish("stock.reserved", { n }, { onlyfor: only });

describe("a pause", () => {
  test("lets nothing new begin, keeps alive, and ends with a resume", async () => {
    const { handled } = await startReader("pausing");
    await publish(1, "pausing");
    await until("the first event is handled", async () => handled.length === 1);
    expect(await stage.ask("pausing", "pause")).toMatchObject({ outcome: "done" });
    await stage.beatThat("pausing", "paused", ({ activity }) => activity === "paused");
    await publish(2, "pausing");
    // A canary goes through the same loop: it came back, so the event had its chance.
    expect(await stage.ask("pausing", "canary", { args: { nonce: "n" } })).toMatchObject({ outcome: "done" });
    // What was being read when the pause came is taken, and waits.
    await stage.ask("pausing", "echo");
    expect(handled).toEqual([1]);
    expect(await stage.ask("pausing", "resume")).toMatchObject({ outcome: "done" });
    await until("the second event is handled", async () => handled.length === 2);
    await stage.beatThat("pausing", "at work again", ({ activity }) => activity !== "paused");
  });

  test("is obeyed by a process that starts while it is wanted, until it is resumed", async () => {
    const desired = { state: "paused", by: "somebody", since: 1, reason: null };
    await stage.admin.set(stage.keys.fleet, JSON.stringify({ agents: [{ id: "born-paused", desired }] }));
    await publish(3, "born-paused");
    const { handled } = await startReader("born-paused");
    await stage.beatThat("born-paused", "paused", ({ activity }) => activity === "paused");
    expect(await stage.ask("born-paused", "canary", { args: { nonce: "n" } })).toMatchObject({ outcome: "done" });
    expect(handled).toEqual([]);
    await stage.ask("born-paused", "resume");
    await until("what waited is handled", async () => handled.includes(3));
  });
});

describe("a drain", () => {
  test("finishes what is in hand, counts down in the heartbeats, and ends the process", async () => {
    const { started, handled, gate } = await startReader("draining");
    const { promise, resolve } = Promise.withResolvers<void>();
    gate.open = promise;
    for (const n of [1, 2, 3]) await publish(n, "draining");
    await stage.beatThat("draining", "three in hand", ({ held = 0 }) => held === 3);
    const order = await stage.send("draining", "drain");
    await stage.beatThat("draining", "stopping with three in hand", (b) => b.activity === "stopping" && b.held === 3);
    expect(await stage.ask("draining", "pause")).toMatchObject({
      outcome: "refused",
      detail: "it is draining, and stops then",
    });
    resolve();
    expect(await started.ended).toBe(0);
    expect(handled.toSorted()).toEqual([1, 2, 3]);
    expect(await stage.reply(order)).toMatchObject({ outcome: "done", detail: "3 finished" });
    expect(await stage.pending(stage.keys.topic("stock.reserved"), "draining")).toBe(0);
  });

  test("that does not come to an end is ended by an ordinary stop, and nothing is lost", async () => {
    const { started, gate } = await startReader("stuck-draining");
    gate.open = new Promise(() => undefined);
    await publish(7, "stuck-draining");
    await until("it is in hand", async () => gate.entered === 1);
    await stage.send("stuck-draining", "drain");
    await stage.beatThat("stuck-draining", "stopping", ({ activity }) => activity === "stopping");
    expect(await stage.ask("stuck-draining", "stop", { args: { graceMs: 100 } })).toMatchObject({ outcome: "failed" });
    await started.stop(50);
    expect(await started.ended).toBe(1);
    expect(await stage.pending(stage.keys.topic("stock.reserved"), "stuck-draining")).toBe(1);
  });
});

/** A run that counts how often it was begun. */
function countingRun(begin: (inputs: RunInputs) => void = () => undefined) {
  const begun: unknown[] = [];
  const run: RunOnDemand = {
    about: "counts",
    inputs: { month: { kind: "number", about: "which", required: true, whole: true, min: 1, max: 12 } },
    steps: 2,
    withinSeconds: 60,
    begin: ({ id, inputs }) => {
      begun.push([id, inputs]);
      begin(inputs);
    },
  };
  return { run, begun };
}
const reported = async (id: string): Promise<string[]> => {
  const entries = await stage.admin.xrange(stage.keys.runs, "-", "+");
  const reports = entries.map(([, fields]) => JSON.parse((fields[3] ?? "").slice(68)) as { run: string; kind: string });
  return reports.filter((report) => report.run === id).map(({ kind }) => kind);
};

describe("a run on demand", () => {
  test("is declared in the heartbeat, begun once with its inputs, and reported", async () => {
    const { run, begun } = countingRun();
    await stage.start("running", { ...IDLER, runs: { "monthly-report": run } });
    const beat = await stage.beatThat("running", "the first", () => true);
    expect(beat.runs).toEqual([{ name: "monthly-report", about: "counts", inputs: run.inputs }]);
    const args = { run: "monthly-report", runId: "run-op-1", inputs: { month: 11 } };
    const message = await stage.send("running", "run", { args });
    expect(await stage.reply(message)).toMatchObject({ outcome: "done", detail: "run-op-1" });
    await until("it is begun", async () => begun.length === 1);
    const again = await stage.send("running", "run", { ...message, args });
    expect(await stage.reply(again, 2)).toMatchObject({ outcome: "repeated", detail: "done" });
    expect(begun).toEqual([["run-op-1", { month: 11 }]]);
    expect(await reported("run-op-1")).toEqual(["start"]);
  });

  test.each([
    ["an unknown run", { run: "yearly", runId: "r" }, 'it has no run "yearly"; it has monthly-report'],
    ["no id", { run: "monthly-report", inputs: { month: 1 } }, "the order names no run id"],
    [
      "a missing input",
      { run: "monthly-report", runId: "r" },
      "month is missing; it takes a whole number from 1 to 12",
    ],
    [
      "a value out of range",
      { run: "monthly-report", runId: "r", inputs: { month: 13 } },
      "month is 13; it takes a whole number from 1 to 12",
    ],
    [
      "a fraction",
      { run: "monthly-report", runId: "r", inputs: { month: 1.5 } },
      "month is 1.5; it takes a whole number from 1 to 12",
    ],
    [
      "an input that it does not have",
      { run: "monthly-report", runId: "r", inputs: { month: 1, day: 1 } },
      "monthly-report has no input day; it has month",
    ],
  ])("with %s is refused, and says what is allowed", async (_, args, detail) => {
    expect(await stage.ask("running", "run", { args })).toMatchObject({ outcome: "refused", detail });
  });

  test("is refused while paused", async () => {
    await stage.start("pausing-runner", { ...IDLER, runs: { "monthly-report": countingRun().run } });
    await stage.ask("pausing-runner", "pause");
    const args = { run: "monthly-report", runId: "r-2", inputs: { month: 1 } };
    expect(await stage.ask("pausing-runner", "run", { args })).toMatchObject({
      ...{ outcome: "refused", detail: "it is paused and begins nothing new" },
    });
  });

  test("that breaks is reported as failed", async () => {
    const { run } = countingRun(() => {
      throw new Error("no such month");
    });
    await stage.start("failing-runner", { ...IDLER, runs: { "monthly-report": run } });
    const args = { run: "monthly-report", runId: "r-3", inputs: { month: 1 } };
    expect(await stage.ask("failing-runner", "run", { args })).toMatchObject({ outcome: "done" });
    await until("its end is reported", async () => (await reported("r-3")).length === 2);
    expect(await reported("r-3")).toEqual(["start", "end"]);
  });
});

describe("a question for the agent's own health", () => {
  test("is answered with what the probe says, and the heartbeat says that there is one", async () => {
    await stage.start("healthy", { ...IDLER, health: () => "its folder is writable" });
    expect((await stage.beatThat("healthy", "the first", () => true)).health).toBe(true);
    expect(await stage.ask("healthy", "health")).toMatchObject({ outcome: "done", detail: "its folder is writable" });
  });

  test("is answered with why it cannot work", async () => {
    await stage.start("sick", {
      ...IDLER,
      health: () => {
        throw new Error("the card network does not answer");
      },
    });
    const detail = "the card network does not answer";
    expect(await stage.ask("sick", "health")).toMatchObject({ outcome: "failed", detail });
  });

  test("whose probe hangs is answered by its deadline", async () => {
    await stage.start("hanging-probe", { ...IDLER, health: () => new Promise(() => undefined) });
    const deadline = (await stage.now()) + 1000;
    const { outcome, detail } = await stage.ask("hanging-probe", "health", { deadline });
    expect([outcome, detail]).toEqual(["failed", expect.stringMatching(/^its probe did not end in \d\.\d s$/)]);
  });

  test("is refused by one that has no probe", async () => {
    await stage.start("no-probe", IDLER);
    expect((await stage.beatThat("no-probe", "the first", () => true)).health).toBeUndefined();
    expect(await stage.ask("no-probe", "health")).toMatchObject({ outcome: "refused" });
  });
});
