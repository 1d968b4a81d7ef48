import { performance } from "node:perf_hooks";
import Fastify, { type FastifyInstance } from "fastify";
import type { Page } from "./page.ts";
import { PROBLEM_TEXTS } from "./read-problem.ts";
import type { RefreshState } from "./refresh-loop.ts";

export interface ServerOptions {
  readonly page: Page;
  readonly refresh: () => RefreshState;
  readonly version: string;
}

/** The exporter's door. Every answer is made from memory; none waits for Redis. */
export function createServer({ page, refresh, version }: ServerOptions): FastifyInstance {
  const startedAt = performance.now();
  const uptimeSeconds = () => (performance.now() - startedAt) / 1000;
  let lastScrapeSeconds: number | null = null;
  const app = Fastify({ requestTimeout: 10_000, bodyLimit: 1024, forceCloseConnections: true });

  app.get("/metrics", async (_request, reply) => {
    const scrapeStartedAt = performance.now();
    const text = await page.write({
      ...{ refresh: refresh(), version, uptimeSeconds: uptimeSeconds(), lastScrapeSeconds },
    });
    lastScrapeSeconds = (performance.now() - scrapeStartedAt) / 1000;
    return reply.type(page.contentType).send(text);
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

function readinessOf({ snapshot, problem, snapshotAgeSeconds }: RefreshState) {
  const age = Number.isFinite(snapshotAgeSeconds) ? Math.round(snapshotAgeSeconds * 10) / 10 : null;
  const text = problem === null || problem === "starting" ? problem : PROBLEM_TEXTS[problem];
  return { ready: snapshot !== null, problem: text, snapshotAgeSeconds: age };
}
