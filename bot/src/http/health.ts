import { apiHealth, apiReadiness } from "@rollcall/core/contract.ts";
import type { App, AppDeps } from "./deps.ts";

/** Says how the service is, from what was found in the background: these routes never wait for anything. */
export function registerHealth(app: App, { version, readiness }: Pick<AppDeps, "version" | "readiness">): void {
  const startedAt = Date.now();
  for (const path of ["/health", "/live", "/health/live"]) {
    const schema = {
      tags: ["health"],
      summary: "Whether the process runs",
      security: [],
      response: { 200: apiHealth },
    };
    app.get(path, { schema }, async () => ({
      status: "healthy" as const,
      version,
      uptimeSeconds: (Date.now() - startedAt) / 1000,
      ready: readiness().ready,
    }));
  }
  for (const path of ["/ready", "/health/ready"]) {
    const schema = {
      tags: ["health"],
      summary: "Whether the service can do its work, and what is missing",
      security: [],
      response: { 200: apiReadiness, 503: apiReadiness },
    };
    app.get(path, { schema }, async (_request, reply) => {
      const answer = readiness();
      if (!answer.ready) void reply.header("retry-after", "5");
      return reply.code(answer.ready ? 200 : 503).send(answer);
    });
  }
}
