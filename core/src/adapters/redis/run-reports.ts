import type { Redis } from "ioredis";
import { type Keys, keysOf } from "../../protocol/keys.ts";
import { type RunReport, runReport } from "../../protocol/run-report.ts";
import { deriveAgentKey, openSeal } from "../../protocol/seal.ts";
import { connectRedis, type RedisOptions, withRedis } from "./connection.ts";
import { rowOf } from "./read-topics.ts";
import { parseJson } from "./sealed-replies.ts";

const GROUP = "control";
const AT_ONCE = 500;

/** What agents report of their runs, handed out until it is settled. */
export interface RunReports {
  /** The next reports, oldest first; those whose seal, form or agent is wrong are left out. @throws Failure "unavailable" */
  take(): Promise<{ ids: readonly string[]; reports: readonly RunReport[] }>;
  /** They are stored: nobody needs them any more. @throws Failure "unavailable" */
  settle(ids: readonly string[]): Promise<void>;
  close(): void;
}

interface RunReportsOptions extends Pick<RedisOptions, "url" | "clusterOf" | "onProblem"> {
  readonly fleet: string;
  readonly fleetKey: string;
}

export function openRunReports({ fleet, fleetKey, ...options }: RunReportsOptions): RunReports {
  const keys = keysOf(fleet);
  const redis = connectRedis({ ...options, name: "rollcall-runs" });
  return {
    take: () =>
      withRedis(async () => {
        const entries = await readNext(redis, keys);
        const reports = entries.flatMap(([, fields]) => openReport(fields, fleetKey) ?? []);
        return { ids: entries.map(([id]) => id), reports };
      }),
    settle: (ids) =>
      withRedis(async () => {
        if (ids.length > 0)
          await redis
            .multi()
            .xack(keys.runs, GROUP, ...ids)
            .xdel(keys.runs, ...ids)
            .exec();
      }),
    close: () => redis.disconnect(),
  };
}

type Entry = [id: string, fields: string[]];

/** What was handed out and not settled comes first: its taker died in between, or PostgreSQL was away. */
async function readNext(redis: Redis, keys: Keys): Promise<Entry[]> {
  await redis.xgroup("CREATE", keys.runs, GROUP, "0", "MKSTREAM").catch((error: Error) => {
    if (!error.message.startsWith("BUSYGROUP")) throw error;
  });
  const left = await readFrom(redis, keys, "0");
  return left.length > 0 ? left : readFrom(redis, keys, ">");
}

async function readFrom(redis: Redis, keys: Keys, from: "0" | ">"): Promise<Entry[]> {
  const answer = await redis.xreadgroup("GROUP", GROUP, GROUP, "COUNT", AT_ONCE, "STREAMS", keys.runs, from);
  const entries = (answer as [string, [string, string[] | null][]][] | null)?.[0]?.[1] ?? [];
  return entries.map(([id, fields]) => [id, fields ?? []]);
}

/** @returns null if it is not sealed by the agent that it names, or of no form that is known */
function openReport(fields: readonly string[], fleetKey: string): RunReport | null {
  const { agent, m } = rowOf(fields) as Record<string, string | undefined>;
  if (agent === undefined || m === undefined || m.length > MOST_CHARACTERS) return null;
  const json = openSeal(deriveAgentKey(fleetKey, agent), m);
  const parsed = json === null ? null : runReport.safeParse(parseJson(json));
  return parsed?.success && parsed.data.agent === agent ? parsed.data : null;
}

const MOST_CHARACTERS = 4000;
