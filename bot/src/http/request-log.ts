import type { FastifyRequest } from "fastify";
import type { HttpMetrics } from "../metrics/http.ts";
import type { Caller } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { contextOf, QUIET } from "./request-context.ts";

const METHODS = new Set(["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"]);

/** Lines of this service are lines too: who follows them would follow their own looks, one after the other, for ever. */
const LOOKS_AT_LINES = /\/logs(\/(counts|search))?$/;

const ONLY_ANSWERED = { requests: false, access: true, routes: false };

/** One log line and one count per answered request, whichever route answered; other lines if they are wanted. */
export function observeRequests(app: App, metrics: HttpMetrics, logs: AppDeps["logs"] = ONLY_ANSWERED): void {
  if (logs.routes)
    app.addHook("onRoute", ({ method, url }) =>
      app.log.info({ method: [method].flat().join(" "), route: url }, "route"),
    );
  app.addHook("onRequest", async (request) => {
    metrics.begin();
    if (logs.requests) request.log.info(labelsOf(request), "request received");
  });
  app.addHook("onRequestAbort", async (request) => {
    request.log.info(describe(request), "client went away before the answer");
  });
  // Also called when the connection ended before the answer, so that what was begun is always ended.
  app.addHook("onResponse", async (request, reply) => {
    const seconds = reply.elapsedTime / 1000;
    const isQuiet = QUIET.test(request.routeOptions.url ?? "");
    const { traceparent = null } = isQuiet ? {} : contextOf(request.raw, request.id);
    metrics.end({ ...labelsOf(request), status: reply.statusCode, traceparent }, seconds);
    if (!logs.access) return;
    const line = { ...describe(request), status_code: reply.statusCode, duration_seconds: rounded(seconds) };
    if ((isQuiet || LOOKS_AT_LINES.test(request.routeOptions.url ?? "")) && reply.statusCode < 400)
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
    ...(caller === null ? {} : { actor: caller.actor.id, door: caller.door, ...tokenIn(caller) }),
  };
}

const tokenIn = ({ tokenId }: Caller) => (tokenId === null ? {} : { token_id: tokenId });

const rounded = (seconds: number): number => Math.round(seconds * 10_000) / 10_000;
