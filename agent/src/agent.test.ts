import { seal } from "@rollcall/core/protocol/seal.ts";
import { createStage, type Stage, until } from "@rollcall/test/agent-stage.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { EXIT_FENCED, MalformedEvent, startAgent } from "./index.ts";

const IDLER = { consumes: [], publishes: [] };
const WORKER = { consumes: ["stock.*"], publishes: ["payments.captured"] };
const NAMES = ["beating", "twice", "asked", "repeated", "late", "drilled", "stopped", "stuck", "full", "told"];
let stage: Stage;

beforeAll(async () => {
  stage = await createStage(inject("redisUrl"), {
    ...Object.fromEntries(NAMES.map((name) => [name, IDLER])),
    worker: WORKER,
    parker: { consumes: ["parking.full"], publishes: [] },
    retrier: { consumes: ["trying.hard"], publishes: [] },
    reader: { consumes: ["probed.topic"], publishes: ["read.done"] },
    recovering: { consumes: ["kept.work"], publishes: [] },
    poisoned: { consumes: ["poison.work"], publishes: [] },
    newcomer: { consumes: ["fresh.*"], publishes: [] },
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

describe("topics", () => {
  test("what cannot be read is parked with the reason, and its neighbours are handled", async () => {
    const handled: unknown[] = [];
    await stage.publish("parking.full", { n: 1 });
    const bad = [
      ["{", /not JSON/],
      ["7", /not an event/],
      ['{"specversion":"1.0"}', /not an event: id/],
      [JSON.stringify({ text: "x".repeat(400_000) }), /at most 262144/],
      [`${"[".repeat(100_000)}`, /not JSON|cannot be checked/],
    ] as const;
    for (const [text] of bad) await stage.publishRaw("parking.full", text);
    await stage.admin.xadd(stage.keys.topic("parking.full"), "*", "other", "field");
    await stage.publish("parking.full", { n: 2, refuse: true });
    await stage.publish("parking.full", { n: 3 });
    await stage.start("parker", {
      consumes: ["parking.full"],
      publishes: [],
      handle: {
        "parking.full": ({ data }) => {
          if (data.refuse === true) throw new MalformedEvent("data.order is missing");
          handled.push(data.n);
        },
      },
    });
    await until("the neighbours", async () => handled.length === 2);
    const parked = await until("the parked", async () => {
      const letters = await stage.deadLetters("parking.full");
      return letters.length === bad.length + 2 ? letters : null;
    });
    const reasons = parked.map(({ reason }) => reason);
    for (const [index, [, reason]] of bad.entries()) expect(reasons[index]).toMatch(reason);
    expect(reasons).toContain("the entry has no field e");
    expect(parked).toContainEqual(expect.objectContaining({ group: "parker", reason: "data.order is missing" }));
    expect(Math.max(...parked.map(({ e }) => e?.length ?? 0))).toBeLessThanOrEqual(100_000);
    await until(
      "all acknowledged",
      async () => (await stage.pending(stage.keys.topic("parking.full"), "parker")) === 0,
    );
    const beat = await stage.beatThat(
      "parker",
      "with its counts",
      ({ tasks }) => (tasks["parking.full"]?.failed ?? 0) > 0,
    );
    expect(beat.tasks["parking.full"]).toMatchObject({ done: 2, failed: bad.length + 2 });
  });

  test("a handler that fails is tried three times, then its event is parked; others go on meanwhile", async () => {
    const tries: unknown[] = [];
    await stage.start("retrier", {
      consumes: ["trying.hard"],
      publishes: [],
      handle: {
        "trying.hard": ({ data }) => {
          tries.push(data.n);
          if (data.n === 1) throw new Error("the bank says no");
          if (data.n === 2 && tries.filter((n) => n === 2).length < 3) throw new Error("not yet");
        },
      },
    });
    for (const n of [1, 2, 3]) await stage.publish("trying.hard", { n });
    const [letter] = await until("the parked", async () => {
      const letters = await stage.deadLetters("trying.hard");
      return letters.length > 0 ? letters : null;
    });
    expect(letter).toMatchObject({ reason: "the bank says no", attempts: "3" });
    expect(tries.filter((n) => n === 1)).toHaveLength(3);
    expect(tries.indexOf(3)).toBeLessThan(tries.lastIndexOf(1));
    await until(
      "all acknowledged",
      async () => (await stage.pending(stage.keys.topic("trying.hard"), "retrier")) === 0,
    );
    expect(await stage.deadLetters("trying.hard")).toHaveLength(1);
  });

  test("a handler publishes declared topics only, and the correlation goes on; a probe never reaches it", async () => {
    const errors: string[] = [];
    await stage.start("reader", {
      consumes: ["probed.topic"],
      publishes: ["read.done"],
      handle: {
        "probed.topic": async (event, { publish }) => {
          await publish("read.other", {}).catch((error: Error) => errors.push(error.message));
          await publish("read.done", { saw: event.data.n ?? null });
        },
      },
    });
    await stage.publish("probed.topic", { n: "probe" }, { probe: true });
    await stage.publish("probed.topic", { n: "real" }, { correlationid: "o-7" });
    const events = await until("a publication", async () => {
      const entries = await stage.admin.xrange(stage.keys.topic("read.done"), "-", "+");
      return entries.length > 0 ? entries.map(([, fields]) => JSON.parse(fields[1] ?? "")) : null;
    });
    expect(events).toEqual([
      expect.objectContaining({ correlationid: "o-7", source: "reader", data: { saw: "real" } }),
    ]);
    expect(errors[0]).toMatch(/does not declare/);
  });

  test("what an earlier process had taken and not finished is done by the next, once", async () => {
    const declared = { consumes: ["kept.work"], publishes: [] };
    const handled: unknown[] = [];
    const stream = stage.keys.topic("kept.work");
    for (let n = 1; n <= 40; n += 1) await stage.publish("kept.work", { n });
    await stage.admin.xgroup("CREATE", stream, "recovering", "0");
    await stage.admin.xreadgroup("GROUP", "recovering", "recovering", "COUNT", 30, "STREAMS", stream, ">");
    const handle = { "kept.work": ({ data }: { data: Record<string, unknown> }) => void handled.push(data.n) };
    await stage.start("recovering", { ...declared, handle });
    await until("all done", async () => handled.length >= 40 && (await stage.pending(stream, "recovering")) === 0);
    expect(handled).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  test("an event that was handed out more than ten times and never done is parked", async () => {
    const stream = stage.keys.topic("poison.work");
    const id = String(await stage.publish("poison.work", { n: "poison" }));
    await stage.admin.xgroup("CREATE", stream, "poisoned", "0");
    await stage.admin.xreadgroup("GROUP", "poisoned", "poisoned", "STREAMS", stream, ">");
    await stage.admin.xclaim(stream, "poisoned", "poisoned", 0, id, "RETRYCOUNT", 10);
    const handled: unknown[] = [];
    const handle = { "poison.work": () => void handled.push(1) };
    await stage.start("poisoned", { consumes: ["poison.work"], publishes: [], handle });
    await until("it is parked", async () => (await stage.deadLetters("poison.work")).length === 1);
    expect((await stage.deadLetters("poison.work"))[0]?.reason).toMatch(/handed out 11 times/);
    expect(handled).toEqual([]);
  });

  test("a topic that appears later is found by its pattern", async () => {
    const handled: string[] = [];
    const handle = { "fresh.*": ({ type }: { type: string }) => void handled.push(type) };
    await stage.start("newcomer", { consumes: ["fresh.*"], publishes: [], handle, knownTopics: [] });
    await stage.publish("fresh.fish", {});
    const compiled = { v: 1, fleet: stage.fleet, version: 1, at: 0, agents: [], topics: ["fresh.fish", "old.bread"] };
    await stage.admin.set(stage.keys.fleet, JSON.stringify(compiled));
    await until("the event of the new topic", async () => handled.includes("fresh.fish"));
  });
});
