import { fastifyCors } from "@fastify/cors";
import { apiGateway } from "@rollcall/core/contract.ts";
import { admit } from "./admit.ts";
import { registerAgents } from "./agents.ts";
import { registerAudit } from "./audit.ts";
import { auditRefusal } from "./audit-refusal.ts";
import { registerChanges } from "./changes.ts";
import { registerCharts } from "./charts.ts";
import { registerCommands } from "./commands.ts";
import type { App, AppDeps } from "./deps.ts";
import { registerDiagnostics } from "./diagnostics.ts";
import { registerFigures } from "./figures.ts";
import { registerIncidents } from "./incidents.ts";
import { registerLive } from "./live.ts";
import { registerTickets } from "./live-ticket.ts";
import { registerLogs } from "./logs.ts";
import { registerLogExport } from "./logs-export.ts";
import { registerLogStream } from "./logs-stream.ts";
import { registerMeasures } from "./measures.ts";
import { registerOperations } from "./operations.ts";
import { registerOwnTokens } from "./own-tokens.ts";
import { noQuery } from "./query.ts";
import { registerReports } from "./reports.ts";
import { registerRequests } from "./requests.ts";
import { registerSilences } from "./silences.ts";
import { registerSockets } from "./sockets.ts";

const API_PREFIX = "/api/v1";

/** Everything under `/api/v1`, each route behind an API token or a session. */
export function registerApi(app: App, deps: AppDeps): void {
  void app.register(
    async (scope) => {
      const api = scope as App;
      // Before anybody is identified: a browser asks first without a token.
      if (deps.corsOrigins !== undefined && deps.corsOrigins.length > 0)
        await scope.register(fastifyCors, corsFor(deps.corsOrigins));
      api.addHook("onRequest", async (request, reply) => {
        request.caller = await admit(request, reply, deps);
      });
      // Refusals by the command path are audited there; these are the door's own: a token's scope, a role for a list.
      api.addHook("onError", async (request, _reply, error) => {
        if (request.routeOptions.url !== `${API_PREFIX}/commands/:name`) await auditRefusal(deps, request, error);
      });
      registerGateway(api, deps);
      registerAgents(api, deps);
      registerCommands(api, deps);
      registerOperations(api, deps);
      registerIncidents(api, deps);
      registerSilences(api, deps);
      registerRequests(api, deps);
      registerAudit(api, deps);
      registerReports(api, deps);
      registerChanges(api, deps);
      registerDiagnostics(api, deps);
      registerFigures(api, deps);
      registerMeasures(api, deps);
      registerCharts(api, deps);
      registerLogs(api, deps);
      registerLogExport(api, deps);
      registerLive(api, deps);
      registerSockets(api, deps, registerLogStream(api, deps));
      registerTickets(api, deps);
      if (deps.pages !== undefined) registerOwnTokens(api, deps.pages);
    },
    { prefix: API_PREFIX },
  );
}

const corsFor = (origins: readonly string[]) => ({
  origin: [...origins],
  methods: ["GET", "POST"],
  allowedHeaders: ["authorization", "content-type", "idempotency-key", "last-event-id", "x-request-id"],
  exposedHeaders: ["location", "retry-after", "x-request-id"],
  credentials: false,
  maxAge: 600,
});

function registerGateway(api: App, { version, fleet, readiness, ports, pages }: AppDeps): void {
  const links = {
    agents: `${API_PREFIX}/agents`,
    commands: `${API_PREFIX}/commands`,
    operations: `${API_PREFIX}/operations`,
    incidents: `${API_PREFIX}/incidents`,
    requests: `${API_PREFIX}/requests`,
    audit: `${API_PREFIX}/audit`,
    diagnostics: `${API_PREFIX}/diagnostics`,
    ...(ports.figures === undefined ? {} : { figures: `${API_PREFIX}/figures/key` }),
    ...(ports.records === undefined ? {} : { reports: `${API_PREFIX}/reports/daily` }),
    ...(ports.logs === undefined ? {} : { logs: `${API_PREFIX}/logs`, logCounts: `${API_PREFIX}/logs/counts` }),
    ...(ports.logs === undefined ? {} : { logStream: `${API_PREFIX}/logs/stream` }),
    ...(ports.changes === undefined ? {} : { changes: `${API_PREFIX}/changes` }),
    live: `${API_PREFIX}/live`,
    liveSocket: `${API_PREFIX}/live/socket`,
    openapi: `${API_PREFIX}/openapi.json`,
    ...(pages === undefined ? {} : { tokens: `${API_PREFIX}/tokens`, signIn: "/sign-in" }),
    docs: "/docs",
    health: "/health",
    ready: "/ready",
    metrics: "/metrics",
  };
  const schema = {
    tags: ["gateway"],
    summary: "What this service is, what it stands on and how that is, and what is where",
    querystring: noQuery,
    response: { 200: apiGateway },
  };
  api.get("/", { schema }, async () => {
    const { ready, dependencies } = readiness();
    return { name: "rollcall" as const, version, fleet, ready, services: dependencies, links };
  });
}
