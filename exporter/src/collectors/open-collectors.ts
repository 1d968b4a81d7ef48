import { REDIS_TIMEOUT_MS } from "@rollcall/core/adapters/redis/connection.ts";
import { openRawRedis } from "@rollcall/core/adapters/redis/raw-redis.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { Logger } from "pino";
import type { ExporterConfig } from "../config.ts";
import type { Collector } from "./collector.ts";
import { type CollectedState, CollectorLoops, NOTHING_COLLECTED } from "./collector-loops.ts";
import { readCollectorsFile } from "./collectors-file.ts";
import { cronCollector } from "./cron.ts";
import { dockerCollector } from "./docker.ts";
import { hostCollector } from "./host.ts";
import { pm2Collector } from "./pm2.ts";
import { probesCollector } from "./probes.ts";
import { pubsubCollector } from "./pubsub.ts";
import { systemdCollector } from "./systemd.ts";

/** What measures beside fleet and bus. */
export interface Collectors {
  start(): void;
  stop(): void;
  state(): CollectedState;
}

const NONE: Collectors = { start: () => undefined, stop: () => undefined, state: () => NOTHING_COLLECTED };

/** Makes the collectors that the file names; none without a file. @throws Failure "invalid_input" that names every problem of the file */
export async function openCollectors(config: ExporterConfig, log: Logger): Promise<Collectors> {
  if (config.collectorsFile === null) return NONE;
  const { host, pm2, systemd, docker, cron, probes, pubsub } = await readCollectorsFile(config.collectorsFile);
  const channels = pubsub === undefined ? null : openChannels(config);
  const collectors: Collector[] = [
    ...(host ? [hostCollector(host)] : []),
    ...(pm2 ? [pm2Collector(pm2, config.programs.PATH ?? "/usr/bin:/bin")] : []),
    ...(systemd ? [systemdCollector(systemd, config.programs)] : []),
    ...(docker ? [dockerCollector(docker)] : []),
    ...(cron ? [cronCollector(cron)] : []),
    ...(probes ? [probesCollector(probes)] : []),
    ...(pubsub && channels ? [pubsubCollector(pubsub, channels, config.fleet)] : []),
  ];
  const loops = new CollectorLoops(collectors, (collector, reason, error) =>
    log.warn({ collector, reason, problem: error instanceof Error ? error.message : "" }, "a collector brings nothing"),
  );
  return {
    start: () => loops.start(),
    stop: () => {
      loops.stop();
      channels?.close();
    },
    state: () => loops.state(),
  };
}

/** A connection of its own: one answers one request at a time, and the bus is read on the other. */
function openChannels({ isCluster, redisUrl }: ExporterConfig) {
  if (isCluster) {
    throw new Failure("invalid_input", "pubsub: each node of a Redis Cluster knows only its own subscribers", {
      next: "take the section out of the collectors' file",
    });
  }
  return openRawRedis({
    ...{ url: redisUrl.reveal(), isCluster, name: "rollcall-exporter-channels", timeoutMs: REDIS_TIMEOUT_MS },
  });
}
