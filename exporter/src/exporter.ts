import { connectRedis } from "@rollcall/core/adapters/redis/connection.ts";
import { HEARTBEAT_DEADLINE_SECONDS } from "@rollcall/core/domain/freshness.ts";
import type { Logger } from "pino";
import { BusReader } from "./bus-reader.ts";
import type { ExporterConfig } from "./config.ts";
import { RefreshLoop } from "./refresh-loop.ts";
import { loadFamilies } from "./registry.ts";
import { createServer } from "./server.ts";
import { SnapshotBuilder } from "./snapshot-builder.ts";

/** A running exporter. */
export interface Exporter {
  /** Where it listens: `http://127.0.0.1:9464`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts reading the bus and answering scrapes; Redis need not be there. @throws Error if the port is taken */
export async function startExporter(config: ExporterConfig, log: Logger): Promise<Exporter> {
  const redis = connectRedis({ url: config.redisUrl, name: "rollcall-exporter" });
  const reader = new BusReader(redis, { fleet: config.fleet, freshSeconds: HEARTBEAT_DEADLINE_SECONDS });
  const builder = new SnapshotBuilder({
    fleetKey: config.fleetKey,
    onRefusedBeat: (agent) => log.warn({ agent }, "heartbeat refused"),
  });
  const loop = new RefreshLoop({
    read: async () => builder.build(await reader.read()),
    refreshSeconds: config.refreshSeconds,
    maxAgeSeconds: config.maxAgeSeconds,
    onProblem: (reason, error) => log.warn({ reason, err: describe(error) }, "the bus cannot be read"),
    onRecovery: () => log.info("the bus is read again"),
  });
  const families = await loadFamilies();
  const server = createServer({ families, refresh: () => loop.state(), version: config.version });
  const stop = async (): Promise<void> => {
    await server.close();
    redis.disconnect();
    await loop.stop();
  };
  loop.start();
  try {
    return { url: await server.listen({ host: config.host, port: config.port }), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Message and code only: errors of the Redis client carry what was sent. */
const describe = (error: unknown) =>
  error instanceof Error
    ? { type: error.name, message: error.message, code: (error as { code?: unknown }).code }
    : { type: "unknown", message: String(error) };
