import { REDIS_TIMEOUT_MS } from "@rollcall/core/adapters/redis/connection.ts";
import { openRawRedis } from "@rollcall/core/adapters/redis/raw-redis.ts";
import { HEARTBEAT_DEADLINE_SECONDS } from "@rollcall/core/domain/freshness.ts";
import { inSpan } from "@rollcall/core/protocol/span.ts";
import type { Logger } from "pino";
import { connectAlertmanager } from "./alerts/alertmanager.ts";
import { PushGone, type PushOptions } from "./alerts/push-gone.ts";
import { BusReader } from "./bus-reader.ts";
import { openCollectors } from "./collectors/open-collectors.ts";
import type { ExporterConfig } from "./config.ts";
import { openPacks } from "./packs/open-packs.ts";
import { Page } from "./page.ts";
import { RefreshLoop } from "./refresh-loop.ts";
import { loadFamilies } from "./registry.ts";
import { createServer } from "./server.ts";
import type { Snapshot } from "./snapshot.ts";
import { SnapshotBuilder } from "./snapshot-builder.ts";

/** A running exporter. */
export interface Exporter {
  /** Where it listens: `http://127.0.0.1:9464`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** How often a pushed alert is renewed, where that is not the usual. */
type PushPace = Pick<PushOptions, "renewMs" | "liveMs">;

/** Starts reading the bus and answering scrapes; Redis need not be there. @throws Error if the port is taken; Failure of the files of collectors and packs */
export async function startExporter(config: ExporterConfig, log: Logger, pace: PushPace = {}): Promise<Exporter> {
  const { shard } = config;
  const collectors = await openCollectors(config, log);
  const packs = await openPacks(config, log);
  const redis = openRawRedis({
    url: config.redisUrl.reveal(),
    isCluster: config.isCluster,
    name: "rollcall-exporter",
    timeoutMs: REDIS_TIMEOUT_MS,
  });
  const reader = new BusReader(redis, { fleet: config.fleet, freshSeconds: HEARTBEAT_DEADLINE_SECONDS, shard });
  const builder = new SnapshotBuilder({
    fleetKey: config.fleetKey.reveal(),
    shard,
    detailedAgents: config.detailedAgents,
    detailedTop: config.detailedTop,
    onRefusedBeat: (agent) => log.warn({ agent }, "heartbeat refused"),
  });
  const page = new Page([...(await loadFamilies()), ...packs.families], {
    maxSeries: config.maxSeries,
    onFamilyProblem: (family, err) => log.error({ family, err }, "a metric family cannot be written"),
  });
  const push = createPush(config, log, pace);
  const loop = new RefreshLoop({
    // A trace of its own: nobody asked for it.
    read: () => inSpan("refresh snapshot", {}, () => readSnapshot({ reader, builder, page, push })),
    refreshSeconds: config.refreshSeconds,
    maxAgeSeconds: config.maxAgeSeconds,
    onProblem: (reason, error) => log.warn({ reason, problem: messageOf(error) }, "the bus cannot be read"),
    onRecovery: () => log.info("the bus is read again"),
  });
  const server = createServer({
    page,
    refresh: () => loop.state(),
    push: () => push?.state() ?? null,
    collected: () => collectors.state(),
    packs: () => packs.view(),
    version: config.version,
  });
  const stop = async (): Promise<void> => {
    loop.stop();
    push?.stop();
    collectors.stop();
    await packs.stop();
    redis.close();
    await server.close();
  };
  loop.start();
  push?.start();
  collectors.start();
  packs.start();
  try {
    return { url: await server.listen({ host: config.host, port: config.port }), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Parts {
  readonly reader: BusReader;
  readonly builder: SnapshotBuilder;
  readonly page: Page;
  readonly push: PushGone | null;
}

function createPush({ alertmanagerUrls, runbookUrl }: ExporterConfig, log: Logger, pace: PushPace): PushGone | null {
  if (alertmanagerUrls.length === 0) return null;
  return new PushGone({
    alertmanagers: alertmanagerUrls.map(connectAlertmanager),
    runbookUrl,
    ...pace,
    onProblem: (problem) => log.warn({ problem }, "an alert is not taken; Prometheus tells it later"),
  });
}

async function readSnapshot({ reader, builder, page, push }: Parts): Promise<Snapshot> {
  const reading = await inSpan("read bus", { kind: "client" }, () => reader.read());
  const snapshot = await builder.buildInTurns(reading);
  // Before the page is written: who is gone is told first.
  push?.see(snapshot, reading.now);
  await inSpan("prepare page", {}, () => page.prepare(snapshot));
  return snapshot;
}

// The message only: what else an error carries may hold what was sent.
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
