import { createStage, type Stage, until } from "@rollcall/test/agent-stage.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { beatOf, compileFleet, expectAgent } from "../test/fake-fleet.ts";
import { closeTestBuses, openTestBus } from "../test/test-bus.ts";
import { BusReader } from "./bus-reader.ts";
import type { Reading } from "./reading.ts";
import { SubscriptionWatch } from "./subscription-watch.ts";

const NOW = 1_800_000_000_000;
const TOPIC = "stock.reserved";
const fleet = compileFleet("demo", {
  agents: [expectAgent("billing", { consumes: ["stock.*", TOPIC] })],
  topics: [TOPIC],
});

interface Change {
  readonly lastId?: string | null;
  readonly lastDelivered?: string;
  readonly pending?: number;
  readonly groups?: [];
  readonly isUnread?: boolean;
}

function readingAt(seconds: number, change: Change = {}): Reading {
  const { lastId = "9-0", lastDelivered = "5-0", pending = 0, isUnread = false } = change;
  const group = { name: "billing", lag: null, pending, lastDelivered };
  const stream = { entries: 4, added: 9, firstId: "1-0", lastId, groups: change.groups ?? [group] };
  return {
    ...{
      now: NOW + seconds * 1000,
      redisStartedAt: 0,
      fleet,
      canaryRoundAt: null,
      presence: new Map(),
      mapped: new Map(),
      lost: new Map(),
      processes: new Map(),
      fenced: [],
      plannedWork: new Map(),
      freshBeats: 0,
      strangers: null,
    },
    ...{
      topics: new Map([[TOPIC, isUnread ? null : stream]]),
      deadLetters: new Map(),
      groupDetails: new Map(),
      inboxes: new Map(),
    },
  };
}

const FREE = { beats: new Map(), busSince: 0 };

describe("a declared subscription", () => {
  test("is dead once entries have waited for 15 s and none was handed out", () => {
    const watch = new SubscriptionWatch();
    const dead = [0, 5, 10, 14, 15].map((at) => watch.judge(readingAt(at), FREE)[0]?.dead);
    expect(dead).toEqual([false, false, false, false, true]);
    expect(watch.judge(readingAt(20), FREE)).toEqual([
      { agent: "billing", pattern: "stock.*", topic: TOPIC, dead: true },
    ]);
    expect(watch.judge(readingAt(21, { lastDelivered: "6-0" }), FREE)[0]?.dead).toBe(false);
  });

  test.each<[string, Change]>([
    ["nothing waits", { lastDelivered: "9-0" }],
    ["the topic is empty", { lastId: null, groups: [] }],
    ["the agent has its hands full", { pending: 16 }],
  ])("is not dead when %s", (_, change) => {
    const watch = new SubscriptionWatch();
    watch.judge(readingAt(0, change), FREE);
    expect(watch.judge(readingAt(100, change), FREE)[0]?.dead).toBe(false);
  });

  test("that was never made is dead when there is something to read", () => {
    const watch = new SubscriptionWatch();
    watch.judge(readingAt(0, { groups: [] }), FREE);
    expect(watch.judge(readingAt(15, { groups: [] }), FREE)[0]?.dead).toBe(true);
  });

  test("is not known while the topic cannot be read, and its time goes on", () => {
    const watch = new SubscriptionWatch();
    watch.judge(readingAt(0), FREE);
    expect(watch.judge(readingAt(10, { isUnread: true }), FREE)[0]?.dead).toBeNull();
    expect(watch.judge(readingAt(15), FREE)[0]?.dead).toBe(true);
  });

  test("is not dead while its agent has had one item in hand all the time", () => {
    const watch = new SubscriptionWatch();
    watch.judge(readingAt(0), FREE);
    const withItem = (since: number) => ({
      beats: new Map([["billing", beatOf("billing", NOW, { oldestInFlightAt: NOW + since * 1000 })]]),
      busSince: 0,
    });
    expect(watch.judge(readingAt(20), withItem(-1))[0]?.dead).toBe(false);
    expect(watch.judge(readingAt(20), withItem(5))[0]?.dead).toBe(true);
  });

  test("begins anew after the bus was away: nobody could read then", () => {
    const watch = new SubscriptionWatch();
    watch.judge(readingAt(0), FREE);
    expect(watch.judge(readingAt(60), { ...FREE, busSince: NOW + 60_000 })[0]?.dead).toBe(false);
    expect(watch.judge(readingAt(75), { ...FREE, busSince: NOW + 60_000 })[0]?.dead).toBe(true);
  });
});

describe("real agents", () => {
  const declared = { consumes: ["stock.*"], publishes: [] };
  let stage: Stage;
  let redis: Redis;
  const handled = { robbed: 0, fine: 0 };

  beforeAll(async () => {
    stage = await createStage(inject("redisUrl"), { robbed: declared, fine: declared });
    redis = new Redis(inject("redisUrl"), { protocol: 2 });
    const agents = (["robbed", "fine"] as const).map((id) => expectAgent(id, declared));
    await redis.set(stage.keys.fleet, JSON.stringify(compileFleet(stage.fleet, { agents, topics: [TOPIC] })));
    for (const id of ["robbed", "fine"] as const) {
      const take = () => {
        handled[id] += 1;
      };
      await stage.start(id, { ...declared, handle: { "stock.*": take }, knownTopics: [TOPIC] });
    }
    await stage.publish(TOPIC, {});
    await until("both read", async () => handled.robbed === 1 && handled.fine === 1);
  });
  afterAll(async () => {
    closeTestBuses();
    redis.disconnect();
    await stage.close();
  });

  test("one that lost its topic and goes on beating is named, with its pattern; the other is not", async () => {
    await stage.allow({ robbed: { ...declared, consumes: [] } });
    // A read that blocks already is still answered; the next one is refused.
    await until("its read is refused", async () => {
      const clients = String(await redis.client("LIST")).split("\n");
      return !clients.some((line) => / name=robbed:stock.reserved .* flags=b /.test(line));
    });
    await stage.publish(TOPIC, {});
    await until("the other reads on", async () => handled.fine === 2);
    const reader = new BusReader(openTestBus(inject("redisUrl")), { fleet: stage.fleet, freshSeconds: 15 });
    const watch = new SubscriptionWatch();
    const first = await reader.read();
    watch.judge(first, FREE);
    // Longer than one blocking read: a reader that is alive would have come back.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const later = { ...(await reader.read()), now: first.now + 15_000 };
    const beatBefore = (await stage.beat("robbed"))?.at ?? 0;
    expect(watch.judge(later, FREE)).toEqual([
      { agent: "robbed", pattern: "stock.*", topic: TOPIC, dead: true },
      { agent: "fine", pattern: "stock.*", topic: TOPIC, dead: false },
    ]);
    await stage.beatThat("robbed", "a later one", ({ at }) => at > beatBefore);
  });

  test("whose connections were cut reads on, and is not dead", async () => {
    await stage.allow({ robbed: declared });
    const clients = String(await redis.client("LIST")).split("\n");
    const ours = clients.filter((line) => / name=fine:/.test(line)).map((line) => /^id=(\d+)/.exec(line)?.[1] ?? "");
    for (const id of ours) await redis.client("KILL", "ID", id);
    await stage.publish(TOPIC, {});
    await until("it reads on", async () => handled.fine === 3 && handled.robbed === 3);
    const reader = new BusReader(openTestBus(inject("redisUrl")), { fleet: stage.fleet, freshSeconds: 15 });
    const watch = new SubscriptionWatch();
    watch.judge(await reader.read(), FREE);
    expect(watch.judge({ ...(await reader.read()), now: Date.now() + 60_000 }, FREE).map(({ dead }) => dead)).toEqual([
      false,
      false,
    ]);
    expect(ours.length).toBeGreaterThan(0);
  });
});
