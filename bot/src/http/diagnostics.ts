import { apiDiagnosticRun, apiDiagnosticRuns, apiDiagnostics } from "@rollcall/core/contract.ts";
import { DIAGNOSTICS_COMMAND, toRun } from "@rollcall/core/diagnostic-run.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { loadDiagnostics } from "@rollcall/core/load-diagnostics.ts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { noQuery, wholeNumber } from "./query.ts";

const querystring = z.strictObject({ limit: wholeNumber({ least: 1, most: 200, usual: 20 }) });
const params = z.strictObject({ id: z.string().regex(/^op-\d{1,15}$/, "op- and a number") });

/** What diagnostics check, and what they found; they are run at `POST /commands/diag-run`. */
export function registerDiagnostics(api: App, { ports }: AppDeps): void {
  const catalogue = {
    tags: ["diagnostics"],
    summary: "Every check, with the suites it is in; POST /commands/diag-run runs a suite",
    querystring: noQuery,
    response: { 200: apiDiagnostics },
  };
  api.get("/diagnostics", { schema: catalogue }, async (request) => {
    admit(request);
    const diagnostics = await loadDiagnostics();
    return { diagnostics: diagnostics.map(({ suites, ...rest }) => ({ ...rest, suites: [...suites] })) };
  });

  const list = {
    tags: ["diagnostics"],
    summary: "Runs, newest first",
    querystring,
    response: { 200: apiDiagnosticRuns },
  };
  api.get("/diagnostics/runs", { schema: list }, async (request) => {
    admit(request);
    const operations = await ports.operations.list({ command: DIAGNOSTICS_COMMAND, limit: request.query.limit });
    return { asOf: ports.clock.now(), runs: operations.map((operation) => apiDiagnosticRun.parse(toRun(operation))) };
  });

  const one = {
    tags: ["diagnostics"],
    summary: "One run, check by check, while it goes on and after",
    params,
    querystring: noQuery,
    response: { 200: apiDiagnosticRun },
  };
  api.get("/diagnostics/runs/:id", { schema: one }, async (request) => {
    admit(request);
    const { id } = request.params;
    const operation = await ports.operations.find(id);
    if (operation?.command !== DIAGNOSTICS_COMMAND) throw new Failure("not_found", `there is no run ${id}`);
    return apiDiagnosticRun.parse(toRun(operation));
  });
}

function admit(request: FastifyRequest): void {
  const caller = callerOf(request);
  requireScope(caller, "read");
  requireRole(caller, "viewer");
}
