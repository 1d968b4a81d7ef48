import { performance } from "node:perf_hooks";
import { OPEN_METRICS_TYPE, readAccept } from "@rollcall/core/adapters/prometheus/open-metrics.ts";
import Fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import type { PushState } from "./alerts/push-gone.ts";
import type { CollectedState } from "./collectors/collector-loops.ts";
import type { PacksView } from "./packs/pack-loop.ts";
import type { Answer, Page } from "./page.ts";
import { PROBLEM_TEXTS } from "./read-problem.ts";
import type { RefreshState } from "./refresh-loop.ts";

export interface ServerOptions {
  readonly page: Page;
  readonly refresh: () => RefreshState;
  readonly push: () => PushState | null;
  readonly collected: () => CollectedState;
  readonly packs: () => PacksView | null;
  readonly version: string;
}

/** A scraper that has not taken its answer by then has given up long ago. */
const ANSWER_MS = 10_000;
/** Written anew for each scrape: 10,000 series take about 10 ms. */
const OPEN_METRICS_SERIES = 10_000;
/** Each that is slow keeps a page of up to 10 MB in memory. */
const ANSWERS_AT_ONCE = 8;

/** The exporter's door. Every answer is made from memory; none waits for Redis. */
export function createServer({ page, refresh, push, collected, packs, version }: ServerOptions): FastifyInstance {
  const startedAt = performance.now();
  const uptimeSeconds = () => (performance.now() - startedAt) / 1000;
  let lastScrapeSeconds: number | null = null;
  const app = Fastify({ requestTimeout: 10_000, bodyLimit: 1024, forceCloseConnections: true });

  let answering = 0;
  app.get("/metrics", async (request, reply) => {
    if (answering >= ANSWERS_AT_ONCE) {
      const problem = `${answering} scrapes are being answered, allowed: ${ANSWERS_AT_ONCE}; scrape again in 5 s`;
      return reply.code(503).header("retry-after", "5").send({ problem });
    }
    answering += 1;
    const scrapeStartedAt = performance.now();
    reply.raw.once("close", () => {
      answering -= 1;
    });
    const state = {
      refresh: refresh(),
      page: page.state(),
      push: push(),
      collected: collected(),
      packs: packs(),
      version,
      uptimeSeconds: uptimeSeconds(),
      lastScrapeSeconds,
    };
    const isOpen = isForOpenMetrics(request.headers.accept, state.page.series);
    const answer = await (isOpen ? page.writeOpenMetrics(state) : page.write(state));
    lastScrapeSeconds = (performance.now() - scrapeStartedAt) / 1000;
    send(reply, isOpen ? OPEN_METRICS_TYPE : page.contentType, answer);
    return reply;
  });
  for (const path of ["/health", "/live", "/health/live"]) {
    app.get(path, async () => ({
      status: "healthy",
      version,
      uptimeSeconds: uptimeSeconds(),
      ...readinessOf(refresh()),
    }));
  }
  for (const path of ["/ready", "/health/ready"]) {
    app.get(path, async (_request, reply) => {
      const readiness = readinessOf(refresh());
      if (!readiness.ready) void reply.header("retry-after", "5");
      return reply.code(readiness.ready ? 200 : 503).send(readiness);
    });
  }
  return app;
}

/** Prometheus always asks for it, and takes the text format too: of a large page no example is worth the time. */
function isForOpenMetrics(accept: string | undefined, series: number): boolean {
  const { wanted, textTaken } = readAccept(accept);
  return wanted && (series <= OPEN_METRICS_SERIES || !textTaken);
}

/** Past the framework, which would copy the parts into one. */
function send(reply: FastifyReply, contentType: string, { parts, release }: Answer): void {
  const { raw } = reply.hijack();
  if (raw.closed) {
    release();
    return;
  }
  const timer = setTimeout(() => raw.destroy(), ANSWER_MS);
  raw.once("close", () => {
    clearTimeout(timer);
    release();
  });
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  raw.writeHead(200, { "content-type": contentType, "content-length": length });
  raw.cork();
  for (const part of parts) raw.write(part);
  raw.end();
}

function readinessOf({ snapshot, problem, snapshotAgeSeconds }: RefreshState) {
  const age = Number.isFinite(snapshotAgeSeconds) ? Math.round(snapshotAgeSeconds * 10) / 10 : null;
  const text = problem === null || problem === "starting" ? problem : PROBLEM_TEXTS[problem];
  return { ready: snapshot !== null, problem: text, snapshotAgeSeconds: age };
}
