import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { seal } from "@rollcall/core/protocol/seal.ts";
import type { Heartbeat } from "@rollcall/core/protocol.ts";
import { createStage, type Stage, until } from "@rollcall/test/agent-stage.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

const IDLER = { consumes: [], publishes: [] };
const FLEET_KEY = "a fleet key of at least 32 characters";
let stage: Stage;
let bus: ReturnType<typeof openFleetBus>;
/** What the agent `rogue` has: its own Redis user and its own key. */
let rogue: Redis;

beforeAll(async () => {
  stage = await createStage(inject("redisUrl"), {
    victim: IDLER,
    bystander: IDLER,
    rogue: { consumes: [], publishes: ["flood.topic"] },
    flooded: { consumes: ["flood.topic"], publishes: [] },
  });
  bus = openFleetBus({ url: inject("redisUrl"), fleet: stage.fleet, fleetKey: FLEET_KEY });
  rogue = new Redis(stage.config("rogue").redisUrl, { enableReadyCheck: false });
});
afterAll(async () => {
  rogue.disconnect();
  bus.close();
  await stage.close();
});

const seen = async (agent: string) => (await bus.readPresence([agent])).get(agent);

describe("an agent that speaks for another", () => {
  test.each([
    ["with its own key", (beat: Heartbeat) => seal(stage.keyOf("rogue"), { ...beat, counter: beat.counter + 1 })],
    ["without a seal", (beat: Heartbeat) => JSON.stringify({ ...beat, counter: beat.counter + 1 })],
    [
      "with its own beat in the other's place",
      (beat: Heartbeat) => seal(stage.keyOf("rogue"), { ...beat, agent: "rogue" }),
    ],
  ])("%s is refused, and the other's own beat stays", async (_, forge) => {
    const agent = await stage.start("victim", IDLER);
    const genuine = await stage.beatThat("victim", "of this epoch", ({ epoch }) => epoch === agent.epoch);
    await until("the genuine beat is seen", async () => (await seen("victim"))?.beat?.epoch === agent.epoch);
    await agent.stop();
    await seen("victim");
    await rogue.hset(stage.keys.presence, "victim", forge(genuine));
    expect(await seen("victim")).toMatchObject({ forged: true, beat: { agent: "victim", epoch: agent.epoch } });
  });

  test("with a beat that it kept, of an older epoch or an older counter, is refused too", async () => {
    const first = await stage.start("victim", IDLER);
    await stage.beatThat("victim", "of this epoch", ({ epoch }) => epoch === first.epoch);
    const kept = (await rogueSees("victim")) ?? "";
    await first.stop();
    await seen("victim");
    await rogue.hset(stage.keys.presence, "victim", kept);
    expect(await seen("victim")).toMatchObject({ forged: true, beat: { activity: "stopping", epoch: first.epoch } });
    const second = await stage.start("victim", IDLER);
    await until("the new epoch is seen", async () => (await seen("victim"))?.beat?.epoch === second.epoch);
    await second.stop();
    await seen("victim");
    await rogue.hset(stage.keys.presence, "victim", kept);
    expect(await seen("victim")).toMatchObject({ forged: true, beat: { epoch: second.epoch } });
  });
});

/** Its Redis user cannot read the hash, but it may have seen a beat elsewhere. */
const rogueSees = (agent: string) => stage.admin.hget(stage.keys.presence, agent);

describe("an agent that says impossible things of itself", () => {
  test.each([
    ["a counter of 2^53 + 1", { counter: 2 ** 53 + 1 }],
    ["an epoch of 2^53 + 1", { epoch: 2 ** 53 + 1 }],
    ["1.8e308 bytes", { rssBytes: Number.MAX_VALUE }],
    ["half an item", { inFlight: 0.5 }],
    ["less than nothing", { cpuSeconds: -1 }],
    ["a host name of a megabyte", { host: "x".repeat(1_000_000) }],
    ["a thousand topics", { publishes: Array.from({ length: 1000 }, (_, index) => `t${index}.x`) }],
    ["more than a heartbeat can be long", { admin: "x".repeat(300_000) }],
  ])("%s: refused, and its neighbour is read", async (_, change) => {
    const beat = await genuineBeat("bystander");
    const own = seal(stage.keyOf("rogue"), { ...beat, agent: "rogue", ...change });
    await rogue.hset(stage.keys.presence, "rogue", own);
    const both = await bus.readPresence(["rogue", "bystander"]);
    expect(both.get("rogue")).toMatchObject({ beat: null, forged: true });
    expect(both.get("bystander")).toMatchObject({ forged: false, beat: { agent: "bystander" } });
  });

  test("a beat of the year 9999 counts from the moment it was seen", async () => {
    const beat = { ...(await genuineBeat("bystander")), agent: "rogue", at: 253_402_300_799_000 };
    await rogue.hset(stage.keys.presence, "rogue", seal(stage.keyOf("rogue"), beat));
    const at = (await seen("rogue"))?.beat?.at ?? Number.POSITIVE_INFINITY;
    expect(at).toBeLessThanOrEqual(await stage.now());
  });
});

async function genuineBeat(agent: string): Promise<Heartbeat> {
  if ((await stage.beat(agent)) === null) await stage.start(agent, IDLER);
  return stage.beatThat(agent, "the first", () => true);
}

test("a topic flooded with 5,000 events that are none reaches its reader's next event, and others answer meanwhile", async () => {
  const handled: unknown[] = [];
  await stage.start("flooded", {
    consumes: ["flood.topic"],
    publishes: [],
    handle: { "flood.topic": ({ data }) => void handled.push(data.n) },
  });
  await genuineBeat("bystander");
  const poison = ["{", '{"n":9007199254740993}', '{"time":"9999-12-31T23:59:59Z"}', "\u0000", "[".repeat(5000)];
  const pipeline = rogue.pipeline();
  for (let index = 0; index < 5000; index += 1) {
    pipeline.xadd(stage.keys.topic("flood.topic"), "*", "e", poison[index % poison.length] ?? "");
  }
  const flood = pipeline.exec();
  const echo = await stage.ask("bystander", "echo");
  expect(echo.outcome).toBe("done");
  await flood;
  await stage.publish("flood.topic", { n: 1 });
  await until("the event behind the flood", async () => handled.length === 1, 20);
  expect((await stage.ask("flooded", "canary")).outcome).toBe("done");
}, 60_000);
