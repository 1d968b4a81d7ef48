import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { keysOf } from "../../protocol/keys.ts";
import { openEventBus } from "./event-bus.ts";

const fleet = `events-${randomUUID().slice(0, 8)}`;
const keys = keysOf(fleet);
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
let redis: Redis;
let bus: ReturnType<typeof openEventBus>;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
  bus = openEventBus({ url: inject("redisUrl"), fleet, onProblem: () => undefined });
});
afterAll(() => {
  bus.close();
  redis.disconnect();
});

const publish = (topic: string, more: object = {}) =>
  redis.xadd(
    keys.topic(topic),
    "*",
    "e",
    JSON.stringify({
      ...{ specversion: "1.0", id: "e-1", source: "shop", type: topic, time: new Date().toISOString() },
      ...{ datacontenttype: "application/json", data: {}, ...more },
    }),
  );

test("the newest events of topics say what they are, where they come from and what they belong to", async () => {
  await publish("orders.received", { id: "old" });
  await publish("orders.received", { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` });
  const entryId = await publish("orders.received", { id: "e-2", probe: true });
  const found = await bus.readEvents(["orders.received", "orders.none"], 2);
  expect(found).toMatchObject([
    { id: "e-2", entryId, isProbe: true, traceId: null, topic: "orders.received", source: "shop" },
    { id: "e-1", isProbe: false, traceId: TRACE, at: expect.any(Number) },
  ]);
});

test("what is no event, and what hides its trace, breaks nothing", async () => {
  await redis.xadd(keys.topic("orders.odd"), "*", "x", "y");
  await redis.xadd(keys.topic("orders.odd"), "*", "e", "{");
  await publish("orders.odd", { traceparent: "00-zz" });
  expect(await bus.readEvents(["orders.odd"], 100)).toMatchObject([{ id: "e-1", traceId: null }]);
});
