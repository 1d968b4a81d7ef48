import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { type RunningRedis, startRedis } from "@rollcall/local/tools/redis-server.ts";
import { createStage, type Stage, until } from "@rollcall/test/agent-stage.ts";
import { type FaultProxy, startFaultProxy } from "@rollcall/test/fault-proxy.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

const PRODUCER = { consumes: [], publishes: ["numbers.given"] };
const CONSUMER = { consumes: ["numbers.*"], publishes: [] };
const AGENTS = { producer: PRODUCER, consumer: CONSUMER };
let dir: string;
let port: number;
let redis: RunningRedis;
let proxy: FaultProxy;
let stage: Stage;
const handled: number[] = [];
const startServer = () =>
  startRedis({
    toolsDir: inject("toolsDir"),
    dataDir: join(dir, "redis"),
    logFile: join(dir, "log"),
    port,
    password: "x",
  });
const handledBeyond = (n: number) => until(`number ${n} is handled`, async () => handled.includes(n), 30);
const last = () => handled.at(-1) ?? 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "rollcall-outage-"));
  port = await findFreePort();
  redis = await startServer();
  proxy = await startFaultProxy(port);
  stage = await createStage(redis.url, AGENTS);
  let n = 0;
  const count = {
    name: "count",
    everyMs: 20,
    run: async ({ publish }: { publish: (topic: string, data: { n: number }) => Promise<void> }) => {
      n += 1;
      await publish("numbers.given", { n });
    },
  };
  const through = (agent: string) => {
    const url = new URL(stage.config(agent).redisUrl);
    url.port = String(proxy.port);
    return { redisUrl: url.href };
  };
  await stage.start("producer", { ...PRODUCER, periodic: [count] }, through("producer"));
  await stage.start(
    "consumer",
    {
      ...CONSUMER,
      knownTopics: ["numbers.given"],
      handle: { "numbers.*": ({ data }) => void handled.push(Number(data.n)) },
    },
    through("consumer"),
  );
  await handledBeyond(20);
});
afterAll(async () => {
  await stage.close();
  await proxy.close();
  await redis.child.stop();
  await rm(dir, { recursive: true });
});

/** Each number at least once, in order of the first time: nothing was lost. */
const expectNoGap = () => {
  const seen = [...new Set(handled)];
  expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index + 1));
};
const expectBeatAfter = async (moment: number) => {
  for (const agent of Object.keys(AGENTS)) await stage.beatThat(agent, "a fresh one", ({ at }) => at > moment);
};

describe("while Redis fails", () => {
  test("a restart delays the work and loses nothing, and the heartbeat is back by itself", async () => {
    await redis.child.stop();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    redis = await startServer();
    // It came back without the agents' users: they are refused until somebody gives them their rights again.
    await until("Redis answers", () => stage.admin.ping().catch(() => null));
    const refusedAt = last();
    await stage.allow(AGENTS);
    const moment = await stage.now();
    await handledBeyond(refusedAt + 50);
    await expectBeatAfter(moment);
    expectNoGap();
  });

  test("a link that swallows everything without closing is noticed, and work goes on when it heals", async () => {
    proxy.swallow("both");
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const before = last();
    proxy.heal();
    const healedAt = performance.now();
    await handledBeyond(before + 50);
    // 5 s to notice at worst, and a second to connect again; the rest is room for a busy machine.
    expect(performance.now() - healedAt).toBeLessThan(12_000);
    await expectBeatAfter((await stage.now()) - 10_000);
    expectNoGap();
  });

  test("a Redis that lost all data is joined again: inbox, groups, epoch and beats are made anew", async () => {
    const epoch = await stage.admin.get(stage.keys.epoch("consumer"));
    await stage.admin.flushall();
    const before = last();
    await handledBeyond(before + 50);
    expect((await stage.ask("consumer", "echo")).outcome).toBe("done");
    await expectBeatAfter(await stage.now());
    expect(await stage.admin.get(stage.keys.epoch("consumer"))).toBe(epoch);
  });
});
