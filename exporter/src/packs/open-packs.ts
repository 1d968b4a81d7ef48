import { REDIS_TIMEOUT_MS } from "@rollcall/core/adapters/redis/connection.ts";
import { openRawRedis } from "@rollcall/core/adapters/redis/raw-redis.ts";
import type { Logger } from "pino";
import type { ExporterConfig } from "../config.ts";
import { type Family, selfFamily } from "../family.ts";
import { isOfShard } from "../shard.ts";
import { type PackMetric, readPackFiles } from "./pack-file.ts";
import { PackLoop, type PacksView } from "./pack-loop.ts";
import { NOT_KEPT, packStateFile } from "./pack-state-file.ts";

/** What counts events by packs. */
export interface Packs {
  /** One for each metric of the packs. */
  readonly families: readonly Family[];
  start(): void;
  stop(): Promise<void>;
  /** null: there is no pack. */
  view(): PacksView | null;
}

const NONE: Packs = { families: [], start: () => undefined, stop: async () => undefined, view: () => null };

/** Reads packs, and what was counted before. @throws Failure "invalid_input" that names every problem of a file */
export async function openPacks(config: ExporterConfig, log: Logger): Promise<Packs> {
  const { packFiles, packStateFile: statePath, fleet, shard, refreshSeconds, maxAgeSeconds } = config;
  const metrics = (await readPackFiles(packFiles)).filter(({ topic }) => isOfShard(topic, shard));
  if (metrics.length === 0) return NONE;
  const file = statePath === null ? NOT_KEPT : packStateFile(statePath, fleet);
  const kept = await file.read();
  // A connection of its own: one answers one request at a time, and the bus is read on the other.
  const redis = openRawRedis({
    ...{ url: config.redisUrl.reveal(), isCluster: config.isCluster, timeoutMs: REDIS_TIMEOUT_MS },
    name: "rollcall-exporter-packs",
  });
  const onProblem = (reason: string, error: unknown): void =>
    log.warn({ reason, problem: error instanceof Error ? error.message : "" }, "packs count nothing");
  const options = { metrics, redis, fleet, file, refreshSeconds, maxAgeSeconds, onProblem };
  const loop = new PackLoop(options, kept);
  return {
    families: metrics.map(familyOf),
    start: () => loop.start(),
    stop: async () => {
      await loop.stop();
      redis.close();
    },
    view: () => loop.view(),
  };
}

const familyOf = ({ name, help, labels }: PackMetric): Family =>
  selfFamily({
    name,
    help,
    labels: ["fleet", ...labels.map((label) => label.name)],
    value: { kind: "counter", samples: ({ packs }) => packs?.samples(name) ?? [] },
  });
