import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { keysOf } from "../../protocol/keys.ts";
import { readTopics } from "./read-topics.ts";
import { trimTopics } from "./trim-topics.ts";

const KEEP = 1000;
const TOPIC = "orders.received";
const GROUPS = ["slow", "quick"];
const redis = new Redis(inject("redisUrl"));
const agent = new Redis(inject("redisUrl"));
const keys = keysOf(`trim-${randomUUID().slice(0, 8)}`);
const stream = keys.topic(TOPIC);

beforeEach(async () => {
  for (const group of GROUPS) await redis.xgroup("CREATE", stream, group, "0", "MKSTREAM");
});
afterEach(() => redis.del(stream, keys.lost(TOPIC)));
afterAll(() => {
  redis.disconnect();
  agent.disconnect();
});

async function publish(count: number): Promise<void> {
  const pipeline = redis.pipeline();
  for (let n = 0; n < count; n++) pipeline.xadd(stream, "*", "e", String(n));
  await pipeline.exec();
}

/** Hands out so many to the group. @returns their ids */
async function hand(group: string, count: number): Promise<string[]> {
  const answer = (await agent.xreadgroup("GROUP", group, group, "COUNT", count, "STREAMS", stream, ">")) as [
    string,
    [string, string[]][],
  ][];
  return answer[0]?.[1].map(([id]) => id) ?? [];
}
const finish = async (group: string, count: number) => agent.xack(stream, group, ...(await hand(group, count)));

const trim = (groups: readonly string[] = GROUPS) => trimTopics(redis, keys, [{ topic: TOPIC, keep: KEEP, groups }]);
async function lost(): Promise<Record<string, unknown>> {
  const { topics } = await readTopics(redis, keys, [TOPIC]);
  return Object.fromEntries(topics.flatMap(({ groups }) => groups.map((group) => [group.name, group.lost])));
}
const NOTHING = { undelivered: 0, inHand: 0 };

describe("cutting a topic to its length", () => {
  test("takes only what every subscription has acknowledged, while that is enough, and nobody loses anything", async () => {
    await publish(5000);
    for (const group of GROUPS) await finish(group, 4500);
    await trim();
    expect(await redis.xlen(stream)).toBeLessThanOrEqual(KEEP + 200);
    expect(await redis.xlen(stream)).toBeGreaterThanOrEqual(KEEP);
    expect(await lost()).toEqual({ slow: NOTHING, quick: NOTHING });
    expect(await hand("slow", 1000)).toHaveLength(500);
  });

  test("counts exactly what a slow subscription had not been handed, and nothing for the quick one beside it", async () => {
    await publish(5000);
    await finish("quick", 5000);
    await finish("slow", 700);
    await trim();
    expect(await redis.xlen(stream)).toBe(KEEP);
    expect(await lost()).toEqual({ slow: { undelivered: 3300, inHand: 0 }, quick: NOTHING });
    expect(await hand("slow", 5000)).toHaveLength(KEEP);
  });

  test("counts what was handed out and not acknowledged apart: it cannot be handed out again", async () => {
    await publish(3000);
    await finish("quick", 3000);
    await finish("slow", 100);
    await hand("slow", 16);
    await trim();
    expect(await lost()).toEqual({ slow: { undelivered: 1884, inHand: 16 }, quick: NOTHING });
  });

  test("counts each entry once over many cuts, also while the list of pending ones still names what is gone", async () => {
    await publish(2000);
    await finish("quick", 2000);
    await hand("slow", 16);
    await trim();
    expect((await lost()).slow).toEqual({ undelivered: 984, inHand: 16 });
    await trim();
    await publish(2000);
    await trim();
    expect(await lost()).toEqual({
      slow: { undelivered: 2984, inHand: 16 },
      quick: { undelivered: 1000, inHand: 0 },
    });
  });

  test("a declared subscription that never began has lost all that was cut; a group that nobody declares is not asked", async () => {
    await redis.xgroup("DESTROY", stream, "slow");
    await publish(2000);
    await finish("quick", 2000);
    await trim(["quick", "slow"]);
    expect(await redis.hgetall(keys.lost(TOPIC))).toEqual({ "slow undelivered": "1000" });
    await publish(1000);
    await finish("quick", 1000);
    await trim(["quick"]);
    expect(await redis.hgetall(keys.lost(TOPIC))).toEqual({ "slow undelivered": "1000" });
  });

  test("a topic that is short enough is left alone", async () => {
    await publish(KEEP);
    await trim();
    expect(await redis.xlen(stream)).toBe(KEEP);
    expect(await redis.exists(keys.lost(TOPIC))).toBe(0);
  });

  test("more than one cut takes at once is cut and counted too", async () => {
    await publish(12_000);
    await trim();
    expect(await redis.xlen(stream)).toBe(KEEP);
    expect(await lost()).toEqual({
      slow: { undelivered: 11_000, inHand: 0 },
      quick: { undelivered: 11_000, inHand: 0 },
    });
  });
});

describe("a cut during which the subscription goes on reading", () => {
  test("counts what was cut from it in that moment, neither more nor less", async () => {
    await publish(6000);
    await finish("quick", 6000);
    let done = false;
    const reading = (async () => {
      let taken = 0;
      while (!done) taken += (await hand("slow", 7)).length;
      return taken;
    })();
    await trim();
    done = true;
    const taken = await reading;
    const rest = (await hand("slow", 6000)).length;
    const { undelivered } = (await lost()).slow as { undelivered: number };
    expect(taken + rest + undelivered).toBe(6000);
  });
});

describe("a control service that dies between the cut and its count", () => {
  test("has left the count, and the next one settles it once", async () => {
    await publish(10);
    await redis.hset(keys.lost(TOPIC), {
      unsettled: JSON.stringify({ "slow undelivered": 40 }),
      "slow undelivered": 2,
    });
    await trim();
    await trim();
    expect((await lost()).slow).toEqual({ undelivered: 42, inHand: 0 });
  });
});
