import { createStage, type Stage, until } from "@rollcall/test/agent-stage.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { openEventBus } from "../adapters/redis/event-bus.ts";
import { lookAt } from "../command-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import type { EventBus } from "../ports/event-bus.ts";

const DECLARED = {
  keen: { consumes: ["stock.*"], publishes: [] },
  steady: { consumes: ["stock.reserved"], publishes: [] },
  absent: { consumes: ["stock.reserved"], publishes: [] },
};
const TOPICS = ["stock.reserved", "stock.short", "order.placed"];

let stage: Stage;
let events: EventBus & { close(): void };
const handled: unknown[] = [];

beforeAll(async () => {
  stage = await createStage(inject("redisUrl"), DECLARED);
  events = openEventBus({ url: inject("redisUrl"), fleet: stage.fleet });
  const options = { handle: { "stock.*": () => void handled.push(1) }, knownTopics: TOPICS };
  await stage.start("keen", { ...DECLARED.keen, ...options });
  await stage.start("steady", { ...DECLARED.steady, handle: { "stock.reserved": () => void handled.push(1) } });
  const ready = async () => (await events.read(TOPICS)).topics.flatMap(({ groups }) => groups).length === 3;
  await until("three groups", ready);
});
afterAll(async () => {
  events.close();
  await stage.close();
});

/** The fleet as it is declared, on the real bus of the stage. */
function fleet(...ids: (keyof typeof DECLARED)[]): FakeFleet {
  const fake = new FakeFleet(...ids);
  for (const id of ids) {
    const agent = fake.agent(id);
    agent.expected = { ...agent.expected, consumes: [...DECLARED[id].consumes] };
  }
  const expected = fake.ports.registry.expected;
  fake.ports.registry.expected = async () => ({ ...(await expected()), topics: TOPICS });
  Object.assign(fake.ports, { events });
  return fake;
}

describe("the subscriptions alone", () => {
  test("are read as they are read with all the rest", async () => {
    await stage.publish("order.placed", {});
    const [all, alone] = await Promise.all([events.read(TOPICS), events.readSubscriptions(TOPICS)]);
    const kept = all.topics.map(({ topic, entries, groups }) => ({ topic, entries, groups }));
    expect(alone.topics).toEqual(kept);
    expect(kept.flatMap(({ groups }) => groups)).toHaveLength(3);
  });

  test("stand on the agent's card where they have lost something, and only there", async () => {
    await stage.admin.hset(stage.keys.lost("stock.reserved"), { "steady undelivered": 37 });
    const shown = await lookAt(fleet("keen", "steady"), { name: "agent", input: { id: "steady" } });
    expect(shown.lines.join("\n")).toContain("*steady* stock.reserved · 0 waiting · 0 in hand · ⚠️ 37 lost undelivered");
    const other = await lookAt(fleet("keen", "steady"), { name: "agent", input: { id: "keen" } });
    expect(other.lines.join("\n")).not.toContain("lost");
    await stage.admin.del(stage.keys.lost("stock.reserved"));
  });
});

describe("bus test", () => {
  test("every subscriber takes the probe, with its milliseconds, and no handler sees it", async () => {
    const { headline, data } = await lookAt(fleet("keen", "steady"), {
      name: "bus-test",
      input: { topic: "stock.reserved" },
    });
    expect(headline).toBe("🟢 *2 of 2 took it*");
    expect(data).toMatchObject({ took: { keen: expect.any(Number), steady: expect.any(Number) }, missing: [] });
    expect(handled).toEqual([]);
  });

  test("who does not take it is named", async () => {
    const { headline, lines } = await lookAt(fleet("keen", "absent"), {
      name: "bus-test",
      input: { topic: "stock.reserved" },
    });
    expect(headline).toBe("🔴 *1 of 2 took it* — not absent");
    expect(lines[0]).toBe("🔴 *absent* did not take it within 5 s");
  });

  test("who was stopped on purpose is not waited for", async () => {
    const two = fleet("keen", "absent");
    await two.ports.registry.setDesired(["absent"], { state: "stopped", by: "x", since: 1, reason: null });
    const { headline } = await lookAt(two, { name: "bus-test", input: { topic: "stock.reserved" } });
    expect(headline).toBe("🟢 *1 of 1 took it*");
  });

  test("a handed out probe that is not acknowledged is not taken", async () => {
    const stream = stage.keys.topic("order.placed");
    await stage.admin.xgroup("CREATE", stream, "holder", "0", "MKSTREAM");
    const probe = await events.publishProbe("order.placed");
    expect([...(await events.readTaken("order.placed", probe, ["holder"]))]).toEqual([]);
    await stage.admin.xreadgroup("GROUP", "holder", "holder", "STREAMS", stream, ">");
    expect([...(await events.readTaken("order.placed", probe, ["holder"]))]).toEqual([]);
    await stage.admin.xack(stream, "holder", probe);
    expect([...(await events.readTaken("order.placed", probe, ["holder", "nobody"]))]).toEqual(["holder"]);
  });

  test("a topic that nobody knows is refused with the nearest, and nothing is sent", async () => {
    const wrong = lookAt(fleet("keen"), { name: "bus-test", input: { topic: "stock.reserve" } });
    await expect(wrong).rejects.toThrow('"stock.reserve" is no topic. Meant stock.reserved');
  });
});

describe("bus, bus topics, bus subs, bus lag", () => {
  test("declared equals actual when every subscription reads, on every topic of a pattern", async () => {
    const { headline, data } = await lookAt(fleet("keen", "steady"), { name: "bus-subs", input: { pattern: "stock" } });
    expect(headline).toBe("🟢 *Declared equals actual, 3 of 3*");
    expect(data).toMatchObject({
      subscriptions: expect.arrayContaining([
        expect.objectContaining({ agent: "keen", pattern: "stock.*", topic: "stock.short", lag: 0 }),
      ]),
    });
  });

  test("a subscription that never was and a group that nobody declared are named with agent and pattern", async () => {
    const { headline, lines } = await lookAt(fleet("keen", "absent"), {
      name: "bus-subs",
      input: { pattern: "stock" },
    });
    expect(headline).toBe("🔴 *2 of 3 subscriptions as declared · 1 dead · 1 group nobody declared*");
    expect(lines[0]).toBe("🔴 dead: never subscribed · *absent* stock.reserved");
    expect(lines[1]).toBe("❔ *steady* reads stock.reserved · nobody declared it");
    const { headline: whole } = await lookAt(fleet("keen", "absent"), { name: "bus" });
    expect(whole).toMatch(/^🔴 \*Bus .+\* — 2 of 3 subscriptions as declared · 1 dead/);
  });

  test("what waits is counted, and its oldest; lag that Redis cannot tell is unknown and never 0", async () => {
    const topic = "stock.reserved";
    const stream = stage.keys.topic(topic);
    await stage.admin.xgroup("CREATE", stream, "absent", "0");
    const count = await stage.admin.xlen(stream);
    const counted = await lookAt(fleet("absent"), { name: "bus-lag", input: { who: ["absent"] } });
    expect(counted.headline).toBe(`🟢 *${count} wait or are in hand*`);
    const first = (await stage.admin.xrange(stream, "-", "+", "COUNT", 1))[0]?.[0] ?? "";
    expect(counted.data).toMatchObject({ subscriptions: [{ lag: count, oldestAt: Number.parseInt(first, 10) }] });
    await stage.publish(topic, {});
    const last = (await stage.admin.xrevrange(stream, "+", "-", "COUNT", 2))[1]?.[0] ?? "";
    await stage.admin.xdel(stream, last);
    const unknown = await lookAt(fleet("absent"), { name: "bus-lag", input: { who: ["absent"] } });
    expect(unknown.headline).toBe("❔ *0 wait or are in hand*, and an unknown number in 1 of 1");
    expect(unknown.lines[0]).toContain("unknown waiting");
    await stage.admin.xgroup("DESTROY", stream, "absent");
  });

  test("topics tell rate, depth and readers; one that nobody published on is quiet", async () => {
    const { lines, data } = await lookAt(fleet("keen"), { name: "bus-topics", input: { text: "stock" } });
    expect(lines[0]).toMatch(/^\*stock.reserved\* 0\.\d+\/s · \d+ entries · 2 readers · last T/);
    expect(lines[1]).toBe("*stock.short* quiet · 0 entries · 1 reader · never published on");
    expect(data).toMatchObject({ topics: [{ topic: "stock.reserved" }, { topic: "stock.short", perSecond: 0 }] });
  });
});
