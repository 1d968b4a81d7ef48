import { readFileSync } from "node:fs";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import type { CompiledFleet } from "@rollcall/core/protocol.ts";
import { Redis } from "ioredis";
import { type Figure, percentile } from "./figures.ts";
import { startExporter } from "./measure-scrape.ts";
import { withOwnRedis } from "./own-redis.ts";
import { expectSimulated } from "./simulated-fleet.ts";

const FLEET = "bench-event-rate";
const TOPICS = 20;
const SLOW = 500;
const FAST = 50_000;
const PAIRS = 3;
const WINDOW_MS = 20_000;
const BURST_MS = 10;
const MOST_AT_ONCE = 2000;
/** With fewer events than this share of the wanted ones nothing is shown. */
const ENOUGH = 0.9;
const EVENT = JSON.stringify({ text: "x".repeat(180) });
/** Of the kernel's clock in which /proc tells processor time (USER_HZ, proc(5)). */
const TICKS_A_SECOND = 100;

export const measureEventRate = (): Promise<Figure[]> =>
  withOwnRedis(async ({ url }) => {
    const redis = new Redis(url);
    const topics = Array.from({ length: TOPICS }, (_, index) => `bench.topic-${index + 1}`);
    const agents = [{ ...expectSimulated("reader"), consumes: ["bench.*"] }];
    const fleet: CompiledFleet = { v: 1, fleet: FLEET, version: 1, at: Date.now(), agents, topics };
    await redis.set(keysOf(FLEET).fleet, JSON.stringify(fleet));
    const place = { redisUrl: url, secrets: { fleetKey: "a fleet key of the bench, 32 characters long" } };
    const exporter = await startExporter(place, FLEET);
    try {
      await publish(redis, topics, { rate: SLOW, forMs: 3000 });
      const shares: Record<"slow" | "fast" | "published", number[]> = { slow: [], fast: [], published: [] };
      for (let pair = 0; pair < PAIRS; pair += 1) {
        shares.slow.push(await shareAt(SLOW));
        shares.fast.push(await shareAt(FAST));
      }
      return [figureOf(shares)];
      async function shareAt(rate: number): Promise<number> {
        const [before, begun] = [cpuSeconds(exporter.pid), performance.now()];
        const published = await publish(redis, topics, { rate, forMs: WINDOW_MS });
        const seconds = (performance.now() - begun) / 1000;
        if (rate === FAST) shares.published.push(published / seconds);
        return (cpuSeconds(exporter.pid) - before) / seconds;
      }
    } finally {
      await exporter.stop();
      redis.disconnect();
    }
  });

/** Publishes as many events as the rate wants, or as this machine can. @returns how many */
async function publish(
  redis: Redis,
  topics: readonly string[],
  { rate, forMs }: { readonly rate: number; readonly forMs: number },
): Promise<number> {
  const [keys, begun] = [keysOf(FLEET), performance.now()];
  let sent = 0;
  for (let passed = 0; passed < forMs; passed = performance.now() - begun) {
    const due = Math.min(MOST_AT_ONCE, Math.floor((rate * passed) / 1000) - sent);
    const pipeline = redis.pipeline();
    for (let event = 0; event < due; event += 1)
      pipeline.xadd(keys.topic(topics[(sent + event) % TOPICS] as string), "MAXLEN", "~", 10_000, "*", "e", EVENT);
    if (due > 0) await pipeline.exec();
    sent += Math.max(0, due);
    await new Promise((resolve) => setTimeout(resolve, BURST_MS));
  }
  return sent;
}

/** User and system time that a process has used: fields 14 and 15 of its stat, behind the name in parentheses. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

function figureOf({
  slow,
  fast,
  published,
}: Readonly<Record<"slow" | "fast" | "published", readonly number[]>>): Figure {
  const [low, high, rate] = [slow, fast, published].map((values) => percentile(values, 0.5)) as [
    number,
    number,
    number,
  ];
  const [growth, points] = [high / low - 1, (high - low) * 100];
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const isMet = growth <= 0.25 || points <= 1;
  const tooFew = `only ${Math.round(rate).toLocaleString("en-US")} events/s could be published on this machine`;
  const tooMuch = `${points.toFixed(1)} % of a core more: it shares two cores with Redis and whoever publishes`;
  return {
    what: `processor time of the exporter at ${SLOW} and ${Math.round(rate).toLocaleString("en-US")} events/s`,
    measured: `${percent(low)} and ${percent(high)} of a core: ${growth >= 0 ? "+" : ""}${percent(growth)} (median of ${PAIRS} pairs)`,
    target: "at 50,000 events/s ≤ 25 % more, or ≤ 1 % of a core more",
    missed: rate < FAST * ENOUGH ? tooFew : isMet ? null : tooMuch,
  };
}
