import { Failure } from "@rollcall/core/domain/failure.ts";
import { z } from "zod";
import type { App, AppDeps } from "./deps.ts";

/** What Prometheus reads; behind a token if one is set. */
export function registerMetrics(app: App, { metrics, metricsToken }: Pick<AppDeps, "metrics" | "metricsToken">): void {
  const schema = {
    tags: ["health"],
    summary: "Metrics of the control service",
    produces: ["text/plain"],
    response: { 200: z.string() },
  };
  app.get("/metrics", { schema }, async (request, reply) => {
    if (metricsToken !== null) {
      const sent = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
      if (!metricsToken.matches(sent)) throw new Failure("unauthenticated", "the metrics need their token");
    }
    const text = await metrics.registry.metrics();
    return reply.type(metrics.registry.contentType).serializer(String).send(text);
  });
}
