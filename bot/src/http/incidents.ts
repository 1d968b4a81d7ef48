import { apiIncident, apiIncidents } from "@rollcall/core/contract.ts";
import { agentId } from "@rollcall/core/protocol.ts";
import { z } from "zod";
import { callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";

const querystring = z.strictObject({ agent: agentId.optional() });

/** What is open now. */
export function registerIncidents(api: App, { ports }: AppDeps): void {
  const schema = {
    tags: ["incidents"],
    summary: "Open incidents, or those in which one agent fires",
    querystring,
    response: { 200: apiIncidents },
  };
  api.get("/incidents", { schema }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    const { agent } = request.query;
    const incidents = agent === undefined ? await ports.incidents.open() : await ports.incidents.open(agent);
    return { asOf: ports.clock.now(), incidents: incidents.map((incident) => apiIncident.parse(incident)) };
  });
}
