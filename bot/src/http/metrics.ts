import { OPEN_METRICS_TYPE, readAccept, toOpenMetrics } from "@rollcall/core/adapters/prometheus/open-metrics.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { z } from "zod";
import { exemplarsOf } from "../metrics/traced-histogram.ts";
import type { App, AppDeps } from "./deps.ts";

/** What Prometheus reads; behind a token if one is set. */
export function registerMetrics(app: App, { metrics, metricsToken }: Pick<AppDeps, "metrics" | "metricsToken">): void {
  const schema = {
    tags: ["health"],
    summary: "Metrics of the control service; as OpenMetrics, with traces as examples, if that is asked for",
    produces: ["text/plain", "application/openmetrics-text"],
    response: { 200: z.string() },
  };
  app.get("/metrics", { schema }, async (request, reply) => {
    if (metricsToken !== null) {
      const sent = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
      if (!metricsToken.matches(sent)) throw new Failure("unauthenticated", "the metrics need their token");
    }
    const { registry } = metrics;
    const text = await registry.metrics();
    if (!readAccept(request.headers.accept).wanted)
      return reply.type(registry.contentType).serializer(String).send(text);
    const open = toOpenMetrics(text, exemplarsOf(registry));
    return reply.type(OPEN_METRICS_TYPE).serializer(String).send(open);
  });
}
