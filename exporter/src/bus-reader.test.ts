import { randomUUID } from "node:crypto";
import { INBOX_GROUP, keysOf } from "@rollcall/core/protocol/keys.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { compileFleet, expectAgent } from "../test/fake-fleet.ts";
import { closeTestBuses, openTestBus } from "../test/test-bus.ts";
import { BusReader } from "./bus-reader.ts";

const FLEET = `turns-${randomUUID().slice(0, 8)}`;
const keys = keysOf(FLEET);
const ids = Array.from({ length: 2500 }, (_, index) => `agent-${index}`);

let redis: Redis;
beforeAll(async () => {
  redis = new Redis(inject("redisUrl"));
  const pipeline = redis.pipeline();
  pipeline.set(keys.fleet, JSON.stringify(compileFleet(FLEET, { agents: ids.map((id) => expectAgent(id)) })));
  for (const id of ids) pipeline.xgroup("CREATE", keys.inbox(id), INBOX_GROUP, "0", "MKSTREAM");
  await pipeline.exec();
});
afterAll(() => {
  redis.disconnect();
  closeTestBuses();
});

test("the inboxes of 2,500 agents are read by turns, 1,000 at most in one reading, and remembered", async () => {
  const reader = new BusReader(openTestBus(inject("redisUrl")), { fleet: FLEET, freshSeconds: 15 });
  const known = async () => [...(await reader.read()).inboxes.values()].filter((inbox) => inbox !== null).length;
  expect([await known(), await known(), await known()]).toEqual([1000, 2000, 2500]);
  await redis.xadd(keys.inbox("agent-1999"), "*", "m", "x");
  const lags = [];
  for (let reading = 0; reading < 3; reading += 1) lags.push((await reader.read()).inboxes.get("agent-1999")?.lag);
  expect(lags).toEqual([0, 1, 1]);
});
