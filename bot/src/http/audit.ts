import { apiAudit } from "@rollcall/core/contract.ts";
import { agentId } from "@rollcall/core/protocol.ts";
import { z } from "zod";
import { callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { wholeNumber } from "./query.ts";

const querystring = z.strictObject({
  actor: z.string().min(1).max(200).optional(),
  target: agentId.optional(),
  operation: z
    .string()
    .regex(/^op-\d{1,15}$/, "op- and a number")
    .optional(),
  limit: wholeNumber({ least: 1, most: 200, usual: 50 }),
});

/** Who did what, refusals too, newest first. */
export function registerAudit(api: App, { ports }: AppDeps): void {
  const schema = {
    tags: ["audit"],
    summary: "Rows of the audit log, newest first",
    querystring,
    response: { 200: apiAudit },
  };
  api.get("/audit", { schema }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    const { actor, target, operation, limit } = request.query;
    const rows = await ports.audit.search({
      limit,
      ...(actor === undefined ? {} : { actor }),
      ...(target === undefined ? {} : { target }),
      ...(operation === undefined ? {} : { operationId: operation }),
    });
    return apiAudit.parse({ rows });
  });
}
