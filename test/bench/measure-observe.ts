import { join } from "node:path";
import { openRawRedis } from "@rollcall/core/adapters/redis/raw-redis.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import type { CompiledFleet } from "@rollcall/core/protocol.ts";
import { type Child, startChild } from "@rollcall/local/tools/child.ts";
import { unpackDebianPackages } from "@rollcall/local/tools/debian-packages.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import type { RunningRedis } from "@rollcall/local/tools/redis-server.ts";
import { Redis } from "ioredis";
import { BusReader } from "../../exporter/src/bus-reader.ts";
import { Page } from "../../exporter/src/page.ts";
import { loadFamilies } from "../../exporter/src/registry.ts";
import { WHOLE_FLEET } from "../../exporter/src/shard.ts";
import { SnapshotBuilder } from "../../exporter/src/snapshot-builder.ts";
import { durationText, type Figure, percentile, plain, repeat, timing } from "./figures.ts";
import { redisCpuMs, TOOLS_DIR, withOwnRedis } from "./own-redis.ts";
import { expectSimulated } from "./simulated-fleet.ts";

const FLEET = "bench-observe";
const PEER = "prometheus-redis-exporter";

export const measureObserve = (): Promise<Figure[]> =>
  withOwnRedis(async (running) => [
    ...(await observe(running, { topics: 1000, times: 200, peerTimes: 10, p50: 10, p99: 25 })),
    ...(await observe(running, { topics: 10_000, times: 40, peerTimes: 3, p50: 100 })),
  ]);

interface Size {
  readonly topics: number;
  readonly times: number;
  readonly peerTimes: number;
  readonly p50: number;
  readonly p99?: number;
}

async function observe(running: RunningRedis, size: Size): Promise<Figure[]> {
  const redis = new Redis(running.url);
  try {
    await fill(redis, size.topics);
    const ours = await measure(redis, size.times, await openExporter(running.url));
    const peer = await measure(redis, size.peerTimes, await openPeer(running)).catch((error: Error) => error.message);
    return figuresOf(size, ours, peer);
  } finally {
    redis.disconnect();
  }
}

/** Streams of three events, each with one group that has read one of them, and one consumer. */
async function fill(redis: Redis, topics: number): Promise<void> {
  await redis.flushall();
  const keys = keysOf(FLEET);
  const names = Array.from({ length: topics }, (_, index) => `bench.topic-${index + 1}`);
  const agents = [{ ...expectSimulated("reader"), consumes: ["bench.*"] }];
  const fleet: CompiledFleet = { v: 1, fleet: FLEET, version: 1, at: Date.now(), agents, topics: names };
  await redis.set(keys.fleet, JSON.stringify(fleet));
  const pipeline = redis.pipeline();
  for (const stream of names.map(keys.topic)) {
    for (let event = 0; event < 3; event += 1) pipeline.xadd(stream, "*", "e", "x".repeat(190));
    pipeline.xgroup("CREATE", stream, "reader", "0");
    pipeline.xreadgroup("GROUP", "reader", "reader", "COUNT", 1, "STREAMS", stream, ">");
  }
  await pipeline.exec();
}

/** Something that observes the bus once, until its whole page is written. */
interface Observer {
  readonly once: () => Promise<unknown>;
  readonly close: () => Promise<unknown>;
}

interface Found {
  readonly samples: readonly number[];
  readonly redisMs: number;
}

async function measure(redis: Redis, times: number, { once, close }: Observer): Promise<Found> {
  try {
    await repeat(Math.min(5, times), once);
    const before = await redisCpuMs(redis);
    const samples = await repeat(times, once);
    return { samples, redisMs: ((await redisCpuMs(redis)) - before) / times };
  } finally {
    await close();
  }
}

/** The exporter's own parts, in the order in which it uses them. */
async function openExporter(url: string): Promise<Observer> {
  const redis = openRawRedis({ url, isCluster: false, name: "bench", timeoutMs: 10_000 });
  const reader = new BusReader(redis, { fleet: FLEET, freshSeconds: 15 });
  const builder = new SnapshotBuilder({
    ...{ fleetKey: "a fleet key of the bench, 32 characters long", shard: WHOLE_FLEET },
    ...{ detailedAgents: 500, detailedTop: 50, onRefusedBeat: () => undefined },
  });
  const page = new Page(await loadFamilies(), { maxSeries: 1_000_000, onFamilyProblem: () => undefined });
  return {
    once: async () => page.prepare(await builder.buildInTurns(await reader.read())),
    close: async () => redis.close(),
  };
}

/** Debian's exporter, unpacked and installed nowhere. */
async function openPeer({ url, child }: RunningRedis): Promise<Observer> {
  const { bin } = await unpackDebianPackages([PEER], join(TOOLS_DIR, PEER));
  const port = await findFreePort();
  const { host, password } = new URL(url);
  const peer: Child = startChild({
    ...{ name: PEER, path: join(bin, PEER), logFile: join(TOOLS_DIR, `../${PEER}.log`) },
    args: [
      ...["--redis.addr", `redis://${host}`, "--redis.password", password],
      ...["--check-streams", `rc:${FLEET}:*`, "--web.listen-address", `127.0.0.1:${port}`],
    ],
  });
  const once = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(60_000) });
    const text = await response.text();
    if (!text.includes("redis_stream_length{")) throw new Error(`${PEER} shows no stream of Redis ${child.pid}`);
  };
  try {
    for (let left = 50; left > 0 && !(await isThere(port)); left -= 1)
      await new Promise((next) => setTimeout(next, 100));
    return { once, close: () => peer.stop() };
  } catch (error) {
    await peer.stop();
    throw error;
  }
}

const isThere = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1000) }).then(
    () => true,
    () => false,
  );

function figuresOf({ topics, p50, p99 }: Size, ours: Found, peer: Found | string): Figure[] {
  const what = `${topics.toLocaleString("en-US")} topics with a group each`;
  const why = `one reading costs Redis ${durationText(ours.redisMs)}; the rest is our reading and writing of the replies`;
  const cpu = durationText(ours.redisMs);
  const redis: Figure =
    p99 === undefined
      ? plain("Redis' processor time for one", cpu)
      : {
          ...{ what: "Redis' processor time for one", measured: cpu, target: "≤ 5 ms" },
          missed:
            ours.redisMs <= 5
              ? null
              : `${(ours.redisMs / 5).toFixed(1)} times the target: four XINFO or HGETALL a topic`,
        };
  return [
    timing({ what, samples: ours.samples, p50, ...(p99 === undefined ? {} : { p99 }), why }),
    redis,
    plain(`the same by Debian's ${PEER}, which tells no lag`, peerText(ours, peer)),
  ];
}

function peerText(ours: Found, peer: Found | string): string {
  if (typeof peer === "string") return `could not be measured: ${peer}`;
  const [median, own] = [percentile(peer.samples, 0.5), percentile(ours.samples, 0.5)];
  const ratios = `${(median / own).toFixed(0)} times as long, ${(peer.redisMs / ours.redisMs).toFixed(0)} times the load on Redis`;
  return `p50 ${durationText(median)} (${peer.samples.length} times), ${durationText(peer.redisMs)} of Redis: ${ratios}`;
}
