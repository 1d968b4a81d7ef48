import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEvent, parseEvent } from "@rollcall/agent/event.ts";
import { startAgent } from "@rollcall/agent/index.ts";
import { createTaskMeter } from "@rollcall/agent/metrics/latency.ts";
import { createStageMeters } from "@rollcall/agent/metrics/stages.ts";
import { parseEntries } from "@rollcall/agent/topic-reader.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { deriveAgentKey } from "@rollcall/core/protocol/seal.ts";
import { Redis } from "ioredis";
import { atLeast, type Figure, percentile, single } from "./figures.ts";
import { withOwnRedis } from "./own-redis.ts";

const FLEET = "bench-sdk";
const TOPIC = "bench.work";
const STREAM = keysOf(FLEET).topic(TOPIC);
const FLEET_KEY = "a fleet key of the bench, 32 characters long";
const EVENTS = 10_000;
const PAIRS = 5;
/** As many as the SDK reads at once. */
const PAGE = 16;
const OBSERVATIONS = 5_000_000;
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

type Handle = () => void;

export const measureSdk = (): Promise<Figure[]> =>
  withOwnRedis(async ({ url }) => {
    await publishEvents(url);
    return [
      await shareFigure(url, { what: "an empty handler", handle: () => undefined, percent: 60 }),
      await shareFigure(url, { what: "a handler of 100 µs", handle: () => work(0.1), percent: 95 }),
      ...observeFigures(),
    ];
  });

async function publishEvents(url: string): Promise<void> {
  const redis = new Redis(url);
  const pipeline = redis.pipeline();
  for (let number = 0; number < EVENTS; number += 1) {
    const event = createEvent({ agent: "bench", topic: TOPIC, data: { number }, at: Date.now() });
    pipeline.xadd(STREAM, "*", "e", JSON.stringify(event));
  }
  await pipeline.exec();
  redis.disconnect();
}

/** Keeps the processor busy. */
function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

interface Share {
  readonly what: string;
  readonly handle: Handle;
  readonly percent: number;
}

/** Bare consumer and SDK by turns, so that what else the machine does falls on both; the median of the pairs. */
async function shareFigure(url: string, { what, handle, percent }: Share): Promise<Figure> {
  const [bare, sdk, shares]: [number[], number[], number[]] = [[], [], []];
  await consumeBare(url, `bare-warm-${percent}`, handle);
  await consumeBySdk(url, `sdk-warm-${percent}`, handle);
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const [bareMs, sdkMs] = [
      await consumeBare(url, `bare-${percent}-${pair}`, handle),
      await consumeBySdk(url, `sdk-${percent}-${pair}`, handle),
    ];
    bare.push(bareMs);
    sdk.push(sdkMs);
    shares.push((100 * bareMs) / sdkMs);
  }
  const rate = (times: readonly number[]): string =>
    `${Math.round((1000 * EVENTS) / percentile(times, 0.5)).toLocaleString("en-US")}/s`;
  return atLeast({
    ...{ what: `throughput with ${what}: ${rate(sdk)} against ${rate(bare)}`, value: percentile(shares, 0.5) },
    ...{
      limit: percent,
      unit: "%",
      why: "each event is checked against its schema by both; the SDK adds its work loop",
    },
  });
}

/** What somebody would write without the SDK: read a page, check each event, handle it, acknowledge the page. */
async function consumeBare(url: string, group: string, handle: Handle): Promise<number> {
  const [reader, control] = [new Redis(url), new Redis(url)];
  try {
    await control.xgroup("CREATE", STREAM, group, "0");
    const begun = performance.now();
    let acknowledged: Promise<unknown> = Promise.resolve();
    for (let done = 0; done < EVENTS; ) {
      const answer = await reader.xreadgroup(
        ...(["GROUP", group, group, "COUNT", PAGE, "BLOCK", 2000, "STREAMS", STREAM, ">"] as const),
      );
      const entries = parseEntries(answer);
      for (const { fields } of entries) if (parseEvent(TOPIC, fields.e).ok) handle();
      done += entries.length;
      acknowledged = control.xack(STREAM, group, ...entries.map(({ id }) => id));
    }
    await acknowledged;
    return performance.now() - begun;
  } finally {
    reader.disconnect();
    control.disconnect();
  }
}

/** The same by an agent; from its first event, because its start is no consumption. */
async function consumeBySdk(url: string, agent: string, handle: Handle): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), "rollcall-bench-sdk-"));
  const all = Promise.withResolvers<number>();
  let begun = 0;
  let done = 0;
  const running = await startAgent({
    config: {
      ...{ agent, fleet: FLEET, redisUrl: url, key: deriveAgentKey(FLEET_KEY, agent), version: "1.0.0" },
      ...{ dir, startedBy: null, allowDrills: false },
    },
    ...{ consumes: [TOPIC], publishes: [], log: SILENT, exit: () => undefined },
    handle: {
      [TOPIC]: async () => {
        if (done === 0) begun = performance.now();
        handle();
        done += 1;
        if (done === EVENTS) all.resolve(performance.now() - begun);
      },
    },
  });
  try {
    return await all.promise;
  } finally {
    await running.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

function observeFigures(): Figure[] {
  const [task, stages] = [createTaskMeter(), createStageMeters()];
  const limit = { limit: 25, unit: "ns", why: "a bucket is found and counted in a typed array, nothing else" };
  return [
    single({
      what: "observation of a latency, by topic",
      value: nanosecondsOf((seconds) => task.observe(seconds)),
      ...limit,
    }),
    single({
      ...{ what: "observation of a latency, by stage" },
      ...{ value: nanosecondsOf((seconds) => stages.observe("handle", seconds)), ...limit },
    }),
  ];
}

/** Of the quickest of three rounds: what else the machine does only adds. */
function nanosecondsOf(observe: (seconds: number) => void): number {
  const rounds = Array.from({ length: 3 }, () => {
    const begun = performance.now();
    for (let index = 0; index < OBSERVATIONS; index += 1) observe((index & 1023) / 512);
    return ((performance.now() - begun) * 1e6) / OBSERVATIONS;
  });
  return Math.min(...rounds);
}
