import { renderPng } from "@rollcall/core/adapters/resvg/render-png.ts";
import { drawChart } from "@rollcall/core/charts/draw-chart.ts";
import { auditEntry } from "@rollcall/core/domain/audit.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { type Gathered, gatherReport } from "@rollcall/core/reports/gather-report.ts";
import { reportChart } from "@rollcall/core/reports/report-chart.ts";
import { reportCsv } from "@rollcall/core/reports/report-csv.ts";
import { reportData } from "@rollcall/core/reports/report-data.ts";
import { REPORT_KINDS } from "@rollcall/core/reports/report-period.ts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";

const FORMATS = ["json", "csv", "png"] as const;
type Format = (typeof FORMATS)[number];
const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  json: "application/json; charset=utf-8",
  csv: "text/csv; charset=utf-8; header=present",
  png: "image/png",
};

const params = z.strictObject({ kind: z.enum(REPORT_KINDS) });
const querystring = z.strictObject({
  format: z.enum(FORMATS).default("json").describe("csv holds alerts and operations, png the picture"),
});

/** Reports as files; in words they are the command `report`. */
export function registerReports(api: App, { ports }: AppDeps): void {
  const schema = {
    ...{ tags: ["reports"], summary: "A day, a week, a month or a hand-over as a file; json and csv are written down" },
    ...{ params, querystring, produces: Object.values(CONTENT_TYPES), response: { 200: z.string() } },
  };
  api.get("/reports/:kind", { schema }, async (request, reply) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    const { kind } = request.params;
    const { format } = request.query;
    const found = await gatherReport(kind, ports);
    const file = await fileOf(found, format);
    // The picture is what the report shows anyway; rows are taken away.
    if (format !== "png") await ports.audit.append(exportEntry(request, { kind, format }));
    void reply.type(CONTENT_TYPES[format]).header("content-disposition", `inline; filename="${kind}.${format}"`);
    // The declared answer is its text; fastify sends bytes as they are.
    return reply.send(file as unknown as string);
  });
}

async function fileOf(found: Gathered, format: Format): Promise<Buffer> {
  if (format === "json") return Buffer.from(JSON.stringify(reportData(found)));
  if (format === "csv") return Buffer.from(reportCsv(found));
  const chart = reportChart(found);
  if (chart !== null) return await renderPng(drawChart(chart));
  throw new Failure("not_found", "nothing was measured in this time, so there is no picture");
}

function exportEntry(request: FastifyRequest, detail: { readonly kind: string; readonly format: Format }) {
  const { actor, identity, door } = callerOf(request);
  return auditEntry({
    ...{ event: "export", actor: actor.id, identity, door, command: "report", action: "fetched" },
    ...{ decision: "allowed", rule: "role-viewer", requestId: request.id, detail },
  });
}
