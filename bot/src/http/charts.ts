import { renderPng } from "@rollcall/core/adapters/resvg/render-png.ts";
import { drawChart } from "@rollcall/core/charts/draw-chart.ts";
import { LONGEST_CHART, makeChart } from "@rollcall/core/charts/make-chart.ts";
import { METRIC_NAMES } from "@rollcall/core/charts/named-metrics.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { spanField } from "@rollcall/core/time-span.ts";
import { z } from "zod";
import { callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";

const params = z.strictObject({ metric: z.enum(METRIC_NAMES) });
const querystring = z.strictObject({
  who: z.string().max(1000).optional().describe("agents: billing, @orders, owner=payments; spaces between"),
  range: spanField.default("1h").describe(`how far back, ${LONGEST_CHART} at most`),
});

/** Pictures of how something went; in words they are the command `chart`. */
export function registerCharts(api: App, { ports }: AppDeps): void {
  const schema = {
    ...{ tags: ["figures"], summary: "How something went, as a picture" },
    ...{ params, querystring, produces: ["image/png"], response: { 200: z.string() } },
  };
  api.get("/charts/:metric", { schema }, async (request, reply) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    const { who = "", range: span } = request.query;
    const words = who.split(/\s+/).filter((word) => word !== "");
    const { chart, reason } = await makeChart({ metric: request.params.metric, who: words, span }, ports);
    if (chart === null) throw new Failure("not_found", `there is nothing to draw: ${reason}`);
    const picture = await renderPng(drawChart(chart));
    void reply.type("image/png").header("content-disposition", `inline; filename="${request.params.metric}.png"`);
    // The declared answer is its text; fastify sends bytes as they are.
    return reply.send(picture as unknown as string);
  });
}
