import { apiIncidents } from "@rollcall/core/contract.ts";
import { agentId } from "@rollcall/core/protocol.ts";
import { viewIncident } from "@rollcall/core/view-incident.ts";
import { z } from "zod";
import { callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";

const ENDED_MS = 30 * 86_400_000;
const MOST_ENDED = 200;

const querystring = z.strictObject({
  agent: agentId.optional().describe("only those in which it fires; not with `state=resolved`"),
  state: z.enum(["firing", "resolved"]).default("firing").describe("resolved: the newest 200 of the last 30 days"),
});

/** What is open now, or has ended lately. */
export function registerIncidents(api: App, { ports }: AppDeps): void {
  const schema = {
    tags: ["incidents"],
    summary: "Open incidents, those in which one agent fires, or those that have ended",
    querystring: querystring.refine(({ agent, state }) => agent === undefined || state === "firing", {
      error: "agent narrows what fires; leave it out with state=resolved",
    }),
    response: { 200: apiIncidents },
  };
  api.get("/incidents", { schema }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    const { agent, state } = request.query;
    const asOf = ports.clock.now();
    const found =
      state === "resolved"
        ? await ports.incidents.ended(asOf - ENDED_MS, MOST_ENDED)
        : await ports.incidents.open(...(agent === undefined ? [] : [agent]));
    const silences = (await ports.askedSilences?.open()) ?? [];
    return { asOf, incidents: found.map((incident) => viewIncident(incident, silences)) };
  });
}
