import { createStage, type Stage, until } from "@rollcall/test/agent-stage.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { EXIT_FENCED, MalformedEvent } from "./index.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await createStage(inject("redisUrl"), {
    parker: { consumes: ["parking.full"], publishes: [] },
    retrier: { consumes: ["trying.hard"], publishes: [] },
    reader: { consumes: ["probed.topic"], publishes: ["read.done"] },
    recovering: { consumes: ["kept.work"], publishes: [] },
    sharing: { consumes: ["shared.work"], publishes: [] },
    poisoned: { consumes: ["poison.work"], publishes: [] },
    newcomer: { consumes: ["fresh.*"], publishes: [] },
  });
});
afterAll(() => stage.close());

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

  test("what a fenced process had taken is done by the one in its place", async () => {
    const declared = { consumes: ["shared.work"], publishes: [] };
    const handled = new Set<unknown>();
    const handle = { "shared.work": ({ data }: { data: Record<string, unknown> }) => void handled.add(data.n) };
    const stuck = await stage.start("sharing", {
      ...declared,
      handle: { "shared.work": () => new Promise(() => undefined) },
    });
    const next = await stage.start("sharing", { ...declared, handle });
    // Both read until the first looks at its epoch again; what it takes meanwhile is stuck.
    const stream = stage.keys.topic("shared.work");
    await until("both wait for events", async () => {
      const clients = String(await stage.admin.client("LIST")).split("\n");
      return clients.filter((line) => / name=sharing:shared.work .* flags=b /.test(line)).length === 2;
    });
    for (let n = 1; n <= 20; n += 1) await stage.publish("shared.work", { n });
    const message = await stage.send("sharing", "echo", { epoch: next.epoch });
    await until("all are done", async () => handled.size === 20 && (await stage.pending(stream, "sharing")) === 0, 40);
    expect(await stuck.ended).toBe(EXIT_FENCED);
    expect(await stage.reply(message)).toMatchObject({ outcome: "done", epoch: next.epoch });
  }, 60_000);

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
