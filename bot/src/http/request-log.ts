import type { FastifyRequest } from "fastify";
import type { HttpMetrics } from "../metrics/http.ts";
import type { App } from "./deps.ts";

/** Asked every few seconds by machines; a line each would bury the rest. */
const QUIET = /^\/(live|ready|health|metrics)\b/;
const METHODS = new Set(["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"]);

/** One log line and one count per answered request, whichever route answered. */
export function observeRequests(app: App, metrics: HttpMetrics): void {
  app.addHook("onRequest", async () => metrics.begin());
  app.addHook("onRequestAbort", async (request) => {
    request.log.info(describe(request), "client went away before the answer");
  });
  // Also called when the connection ended before the answer, so that what was begun is always ended.
  app.addHook("onResponse", async (request, reply) => {
    const seconds = reply.elapsedTime / 1000;
    metrics.end({ ...labelsOf(request), status: reply.statusCode }, seconds);
    const line = { ...describe(request), status_code: reply.statusCode, duration_seconds: rounded(seconds) };
    if (QUIET.test(request.routeOptions.url ?? "") && reply.statusCode < 400)
      request.log.debug(line, "request answered");
    else request.log.info(line, "request answered");
  });
}

function labelsOf(request: FastifyRequest): { method: string; route: string } {
  return {
    method: METHODS.has(request.method) ? request.method : "other",
    route: request.routeOptions.url ?? "none",
  };
}

function describe(request: FastifyRequest): Record<string, unknown> {
  const { caller } = request;
  return {
    ...labelsOf(request),
    ...(caller === null ? {} : { actor: caller.actor.id, door: caller.door, token_id: caller.tokenId }),
  };
}

const rounded = (seconds: number): number => Math.round(seconds * 10_000) / 10_000;
