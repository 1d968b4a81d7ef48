import { seal } from "@rollcall/core/protocol/seal.ts";
import { createStage, type Stage, until } from "@rollcall/test/agent-stage.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { EXIT_FENCED, startAgent } from "./index.ts";

const IDLER = { consumes: [], publishes: [] };
const WORKER = { consumes: ["stock.*"], publishes: ["payments.captured"] };
const NAMES = [
  "beating",
  "newcomer",
  "twice",
  "asked",
  "repeated",
  "late",
  "drilled",
  "stopped",
  "stuck",
  "full",
  "told",
];
let stage: Stage;

beforeAll(async () => {
  stage = await createStage(inject("redisUrl"), {
    ...Object.fromEntries(NAMES.map((name) => [name, IDLER])),
    worker: WORKER,
  });
});
afterAll(() => stage.close());

describe("presence", () => {
  test("an agent's signed heartbeat is on the bus as soon as it has started, with what it declares", async () => {
    await stage.start(
      "worker",
      { ...WORKER, handle: { "stock.*": () => undefined } },
      { startedBy: "op-1:worker:start" },
    );
    const beat = await stage.beatThat("worker", "the first", () => true);
    expect(beat).toMatchObject({ ...WORKER, agent: "worker", startedBy: "op-1:worker:start", inFlight: 0 });
    expect(Math.abs(beat.at - (await stage.now()))).toBeLessThan(5000);
    expect(Number(await stage.admin.zscore(stage.keys.beats, "worker"))).toBe(beat.at);
    expect(beat.rssBytes).toBeGreaterThan(1e6);
    expect(await stage.ledger("worker")).toMatchObject([
      { kind: "started", id: "op-1:worker:start", epoch: beat.epoch },
    ]);
  });

  test("beats go on, each with a higher counter", async () => {
    await stage.start("beating", IDLER);
    const first = await stage.beatThat("beating", "the first", () => true);
    const next = await stage.beatThat("beating", "another", ({ counter }) => counter > first.counter);
    expect(next.at).toBeGreaterThan(first.at);
  });

  test("the first canary that is handled is told at once, not with the next beat", async () => {
    await stage.start("newcomer", IDLER);
    await stage.beatThat("newcomer", "the first", () => true);
    await stage.ask("newcomer", "canary", { args: { nonce: "n-0" } });
    const told = await stage.beatThat("newcomer", "with the canary", ({ canary }) => canary.handledAt !== null);
    // Other beats are at least 4 s apart.
    expect(told.at - (told.canary.handledAt ?? 0)).toBeLessThan(2500);
  });

  test("a second process takes a higher epoch, and the first one stops and exits with a code of its own", async () => {
    const first = await stage.start("twice", IDLER);
    const second = await stage.start("twice", IDLER);
    expect(second.epoch).toBeGreaterThan(first.epoch);
    expect(await first.ended).toBe(EXIT_FENCED);
    await stage.beatThat("twice", "of the second", ({ epoch }) => epoch === second.epoch);
  });

  test("an epoch is never below the time of Redis, so one that lost its data does not give an old one again", async () => {
    const before = await stage.now();
    const agent = await stage.start("told", IDLER);
    expect(agent.epoch).toBeGreaterThanOrEqual(before);
  });

  test("a declared topic that nothing handles is refused at the start", async () => {
    const config = stage.config("nobody");
    await expect(startAgent({ config, consumes: ["a.b"], publishes: [] })).rejects.toThrow(/a\.b.*nothing handles/);
  });
});

describe("control messages", () => {
  test("an echo and a canary come back with their nonce, and leave nothing pending", async () => {
    await stage.start("asked", IDLER);
    const echo = await stage.ask("asked", "echo", { args: { nonce: "n-1" } });
    expect(echo).toMatchObject({ outcome: "done", nonce: "n-1", agent: "asked", waitedMs: null });
    const canary = await stage.ask("asked", "canary", { args: { nonce: "n-2" } });
    expect(canary).toMatchObject({ outcome: "done", nonce: "n-2" });
    expect(canary.waitedMs).toBeGreaterThanOrEqual(0);
    await until("nothing pending", async () => (await stage.pending(stage.keys.inbox("asked"))) === 0);
    await stage.beatThat("asked", "with the canary", (beat) => beat.canary.handledAt !== null);
    const connections = String(await stage.admin.client("LIST")).split("\n");
    const own = connections.filter((line) => line.includes(` user=${stage.fleet}-agent-asked `));
    expect(own.map((line) => / name=(\S*)/.exec(line)?.[1]).toSorted()).toEqual([
      "asked:broadcast",
      "asked:control",
      "asked:inbox",
    ]);
  });

  test("a repeated id takes effect once, and is answered with the first outcome", async () => {
    const agent = await stage.start("repeated", IDLER);
    const message = await stage.send("repeated", "drill", { id: "drill-1", args: { fault: "stop-consuming" } });
    expect((await stage.reply(message)).outcome).toBe("done");
    await stage.send("repeated", "drill", { id: "drill-1", args: { fault: "stop-consuming" } });
    expect(await stage.reply(message, 2)).toMatchObject({ outcome: "repeated", detail: "done", epoch: agent.epoch });
    const applied = (await stage.ledger("repeated")).filter(({ kind }) => kind === "applied");
    expect(applied).toHaveLength(1);
  });

  test("what is late, for another epoch, or signed with another key has no effect", async () => {
    await stage.start("late", IDLER);
    const expired = await stage.ask("late", "stop", { deadline: (await stage.now()) - 1000 });
    expect(expired.outcome).toBe("expired");
    const fenced = await stage.ask("late", "stop", { epoch: 12 });
    expect(fenced).toMatchObject({ outcome: "refused", detail: expect.stringContaining("epoch 12") });
    for (const forged of [seal(stage.keyOf("asked"), {}), seal(stage.keyOf("late"), { kind: "stop" }), "{}"]) {
      await stage.admin.xadd(stage.keys.inbox("late"), "*", "m", forged);
    }
    expect((await stage.ask("late", "echo")).outcome).toBe("done");
    expect(await stage.ledger("late")).toEqual([]);
    await until("nothing pending", async () => (await stage.pending(stage.keys.inbox("late"))) === 0);
  });

  test("a drill is refused where drills are not allowed, and where the fault is not known", async () => {
    await stage.start("drilled", IDLER, { allowDrills: false });
    const refused = await stage.ask("drilled", "drill", { args: { fault: "crash" } });
    expect(refused).toMatchObject({ outcome: "refused", detail: expect.stringContaining("not allowed") });
    const unknown = await stage.ask("asked", "drill", { args: { fault: "explode" } });
    expect(unknown).toMatchObject({
      outcome: "refused",
      detail: expect.stringContaining("crash, hang, stop-consuming"),
    });
  });

  test("a stop waits for the item in hand, says so in a last heartbeat, and exits 0", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const work = { name: "long", everyMs: 60_000, firstAfterMs: 0, run: () => held };
    const agent = await stage.start("stopped", { ...IDLER, periodic: [work] });
    await stage.beatThat("stopped", "at work", ({ inFlight }) => inFlight === 1);
    const message = await stage.send("stopped", "stop", { args: { graceMs: 20_000 } });
    await until("the stop in the ledger", async () => (await stage.ledger("stopped")).length > 0);
    expect(await stage.replies(message)).toEqual([]);
    release();
    expect((await stage.reply(message)).outcome).toBe("done");
    expect(await agent.ended).toBe(0);
    expect((await stage.beat("stopped"))?.activity).toBe("stopping");
  });

  test("a stop that the work loop does not follow fails, and the agent goes on: the supervisor decides", async () => {
    let over = false;
    const agent = await stage.start("stuck", IDLER);
    void agent.ended.then(() => {
      over = true;
    });
    await stage.ask("stuck", "drill", { args: { fault: "hang" } });
    const reply = await stage.ask("stuck", "stop", { args: { graceMs: 100 } });
    expect(reply).toMatchObject({ outcome: "failed", detail: expect.stringContaining("did not finish") });
    expect((await stage.ask("stuck", "echo")).outcome).toBe("done");
    expect(over).toBe(false);
  });

  test("more canaries than a hung loop needs are refused, and the ear stays open", async () => {
    await stage.start("full", IDLER);
    await stage.ask("full", "drill", { args: { fault: "stop-consuming" } });
    for (let index = 0; index < 20; index += 1) await stage.send("full", "canary");
    expect(await stage.ask("full", "canary")).toMatchObject({ outcome: "refused" });
    expect((await stage.ask("full", "echo")).outcome).toBe("done");
  });
});
