import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { INBOX_GROUP, keysOf } from "../../protocol/keys.ts";
import { trimInboxes } from "./trim-inboxes.ts";

const keys = keysOf("trimmed");
let redis: Redis;

beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.disconnect());

/** An inbox of `all` messages, of which the agent took `taken` and acknowledged those at `acknowledged`. */
async function inbox(
  agent: string,
  { all, taken, acknowledged }: { all: number; taken: number; acknowledged: number[] },
) {
  const key = keys.inbox(agent);
  await redis.xgroup("CREATE", key, INBOX_GROUP, "0", "MKSTREAM");
  const ids: string[] = [];
  for (let index = 0; index < all; index += 1) ids.push((await redis.xadd(key, "*", "m", String(index))) ?? "");
  if (taken > 0) await redis.xreadgroup("GROUP", INBOX_GROUP, agent, "COUNT", taken, "STREAMS", key, ">");
  for (const index of acknowledged) await redis.xack(key, INBOX_GROUP, ids[index] ?? "");
  return key;
}

const left = async (key: string): Promise<string[]> =>
  (await redis.xrange(key, "-", "+")).map(([, [, text]]) => text ?? "");

describe("trimInboxes", () => {
  test("removes what was acknowledged, and keeps what is pending or was never delivered", async () => {
    const key = await inbox("busy", { all: 6, taken: 4, acknowledged: [0, 1, 3] });
    expect(await trimInboxes(redis, keys, ["busy"])).toBe(2);
    expect(await left(key)).toEqual(["2", "3", "4", "5"]);
  });

  test("keeps only the last one delivered when all are acknowledged", async () => {
    const key = await inbox("done", { all: 3, taken: 3, acknowledged: [0, 1, 2] });
    expect(await trimInboxes(redis, keys, ["done"])).toBe(2);
    expect(await left(key)).toEqual(["2"]);
  });

  test.each([
    ["of an agent that was away since before they were sent", "away", { all: 3, taken: 0, acknowledged: [] }],
    ["of an agent that has acknowledged none", "slow", { all: 3, taken: 3, acknowledged: [] }],
  ])("removes nothing %s", async (_, agent, of) => {
    const key = await inbox(agent, of);
    expect(await trimInboxes(redis, keys, [agent])).toBe(0);
    expect(await left(key)).toHaveLength(3);
  });

  test("passes over an agent without an inbox, and one that something else reads too", async () => {
    const key = await inbox("shared", { all: 3, taken: 3, acknowledged: [0, 1, 2] });
    await redis.xgroup("CREATE", key, "auditor", "0");
    expect(await trimInboxes(redis, keys, ["nobody", "shared"])).toBe(0);
    expect(await left(key)).toHaveLength(3);
  });
});
