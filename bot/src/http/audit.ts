import { Readable } from "node:stream";
import { EXPORT_FORMATS, exportLines } from "@rollcall/core/audit-lines.ts";
import { apiAudit } from "@rollcall/core/contract.ts";
import { DOORS } from "@rollcall/core/domain/actor.ts";
import { AUDIT_EVENT_NAMES, auditEntry } from "@rollcall/core/domain/audit.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { AuditFilter } from "@rollcall/core/ports/audit-log.ts";
import { agentId } from "@rollcall/core/protocol.ts";
import { z } from "zod";
import { callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { wholeNumber } from "./query.ts";

const moment = z.iso.datetime({ offset: true, error: "a time like 2026-11-21T03:10:00Z" }).optional();
const conditions = {
  actor: z.string().min(1).max(200).optional().describe("id of a person or of our own: schedule:nightly"),
  target: agentId.optional(),
  operation: z
    .string()
    .regex(/^op-\d{1,15}$/, "op- and a number")
    .optional(),
  event: z.enum(AUDIT_EVENT_NAMES).optional(),
  door: z.enum([...DOORS, "grafana", "google", "agent"]).optional(),
  command: z
    .string()
    .regex(/^[a-z]+(-[a-z]+)*$/, "the name of a command")
    .max(60)
    .optional(),
  decision: z.enum(["allowed", "refused"]).optional(),
  from: moment.describe("of this moment or later"),
  to: moment.describe("before this moment"),
  text: z.string().min(2).max(100).optional().describe("stands somewhere in the row"),
};
const searchQuery = z.strictObject({
  ...conditions,
  after: z
    .string()
    .regex(/^\d{1,15}$/, "the number that the page before gave as next")
    .optional(),
  limit: wholeNumber({ least: 1, most: 200, usual: 50 }),
});
const exportQuery = z.strictObject({
  ...conditions,
  format: z.enum(EXPORT_FORMATS).default("jsonl").describe("jsonl holds what is needed to check the chain"),
});

/** A year of a busy fleet over a slow line; a page is read within two seconds, or the stream breaks off. */
const EXPORT_WITHIN_MS = 600_000;

/** Who did what, refusals too. */
export function registerAudit(api: App, deps: AppDeps): void {
  registerSearch(api, deps);
  registerExport(api, deps);
}

function registerSearch(api: App, { ports }: AppDeps): void {
  const schema = {
    tags: ["audit"],
    summary: "Rows of the audit log, newest first",
    querystring: searchQuery,
    response: { 200: apiAudit },
  };
  api.get("/audit", { schema }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    const { limit, after } = request.query;
    const filter = { ...filterOf(request.query), ...(after !== undefined && { after: Number(after) }) };
    const rows = await ports.audit.search({ ...filter, limit: limit + 1 });
    const page = rows.slice(0, limit);
    return apiAudit.parse({ rows: page, next: rows.length > limit ? (page.at(-1)?.seq ?? null) : null });
  });
}

function registerExport(api: App, { ports }: AppDeps): void {
  const schema = {
    tags: ["audit"],
    summary: "Rows of the audit log as a file, oldest first; for admins, and itself written down",
    querystring: exportQuery,
    produces: ["application/jsonl", "text/csv"],
    response: { 200: z.string() },
  };
  api.get("/audit/export", { schema, handlerTimeout: EXPORT_WITHIN_MS }, async (request, reply) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "admin");
    const { format, ...asked } = request.query;
    const filter = filterOf(asked);
    // First, or nothing leaves.
    await ports.audit.append(
      auditEntry({
        event: "export",
        actor: caller.actor.id,
        identity: caller.identity,
        door: caller.door,
        action: "fetched",
        decision: "allowed",
        rule: "role-admin",
        requestId: request.id,
        detail: { format, ...asked },
      }),
    );
    const isCsv = format === "csv";
    void reply
      .type(isCsv ? "text/csv; charset=utf-8; header=present" : "application/jsonl; charset=utf-8")
      .header("content-disposition", `attachment; filename="audit.${format}"`);
    // The declared answer is its text; fastify sends a stream as it is.
    return reply.send(Readable.from(exportLines(ports.audit, filter, format)) as unknown as string);
  });
}

/** @throws Failure "invalid_input" if it ends before it begins */
function filterOf(query: Omit<z.infer<typeof exportQuery>, "format">): Omit<AuditFilter, "limit"> {
  const { actor, target, operation, event, door, command, decision, text } = query;
  const [from, to] = [query.from, query.to].map((at) => (at === undefined ? undefined : Date.parse(at)));
  if (from !== undefined && to !== undefined && to <= from)
    throw new Failure("invalid_input", "the time ends before it begins", { found: `${query.from} to ${query.to}` });
  return { actor, target, operationId: operation, event, door, command, decision, text, from, to };
}
