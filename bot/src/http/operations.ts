import { Failure } from "@rollcall/core/domain/failure.ts";
import { apiOperationAnswer, apiOperations } from "@rollcall/core/operation-contract.ts";
import { agentId } from "@rollcall/core/protocol.ts";
import { viewOperation } from "@rollcall/core/view-operation.ts";
import { z } from "zod";
import { callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { noQuery, wholeNumber } from "./query.ts";

const querystring = z.strictObject({
  running: z.literal("true").optional().describe("only those that have not ended"),
  agent: agentId.optional(),
  limit: wholeNumber({ least: 1, most: 200, usual: 50 }),
});
const params = z.strictObject({ id: z.string().regex(/^op-\d{1,15}$/, "op- and a number") });

/** What was accepted, and how far it is. */
export function registerOperations(api: App, { ports }: AppDeps): void {
  const list = {
    tags: ["operations"],
    summary: "Operations, newest first",
    querystring,
    response: { 200: apiOperations },
  };
  api.get("/operations", { schema: list }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    const { running, agent, limit } = request.query;
    const operations = await ports.operations.list({
      limit,
      ...(running === "true" ? { running: true } : {}),
      ...(agent === undefined ? {} : { agent }),
    });
    const asOf = ports.clock.now();
    return { asOf, operations: operations.map((operation) => viewOperation(operation, asOf)) };
  });

  const one = {
    tags: ["operations"],
    summary: "One operation, stage by stage",
    params,
    querystring: noQuery,
    response: { 200: apiOperationAnswer },
  };
  api.get("/operations/:id", { schema: one }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    const operation = await ports.operations.find(request.params.id);
    if (operation === null) throw new Failure("not_found", `there is no operation ${request.params.id}`);
    return { operation: viewOperation(operation, ports.clock.now()) };
  });
}
