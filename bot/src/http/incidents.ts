import { apiIncidents } from "@rollcall/core/contract.ts";
import { auditEntry } from "@rollcall/core/domain/audit.ts";
import { apiIncidentAnswer } from "@rollcall/core/incident-contract.ts";
import { gatherIncident, timesOf } from "@rollcall/core/incidents/gather-incident.ts";
import { helpedWords, isWork, operationWhat } from "@rollcall/core/incidents/incident-words.ts";
import { postMortem } from "@rollcall/core/incidents/post-mortem.ts";
import { timelineOf } from "@rollcall/core/incidents/timeline.ts";
import { agentId } from "@rollcall/core/protocol.ts";
import { viewIncident } from "@rollcall/core/view-incident.ts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { callerOf, requireRole, requireScope } from "./authentication.ts";
import { viewChange } from "./changes.ts";
import type { App, AppDeps } from "./deps.ts";
import { noQuery } from "./query.ts";

const ENDED_MS = 30 * 86_400_000;
const MOST_ENDED = 200;

const querystring = z.strictObject({
  agent: agentId.optional().describe("only those in which it fires; not with `state=resolved`"),
  state: z.enum(["firing", "resolved"]).default("firing").describe("resolved: the newest 200 of the last 30 days"),
});

const params = z.strictObject({ id: z.string().regex(/^inc-\d{1,15}$/, "inc- and a number") });

/** What is open now, or has ended lately; and all about one. */
export function registerIncidents(api: App, deps: AppDeps): void {
  registerList(api, deps);
  registerOne(api, deps);
  registerPostMortem(api, deps);
}

function registerList(api: App, { ports }: AppDeps): void {
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

function registerOne(api: App, { ports }: AppDeps): void {
  const schema = {
    ...{ tags: ["incidents"], summary: "One incident: its course, what was done, what changed before, what helped" },
    ...{ params, querystring: noQuery, response: { 200: apiIncidentAnswer } },
  };
  api.get("/incidents/:id", { schema }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    const story = await gatherIncident(request.params.id, ports);
    const { incident, operations, changes, runbook, asOf } = story;
    const silences = (await ports.askedSilences?.open()) ?? [];
    return {
      ...{
        asOf,
        incident: viewIncident(incident, silences),
        timeline: timelineOf(story).map(copyOf),
        times: timesOf(story),
      },
      operations: operations.filter(isWork).map((operation) => ({
        ...{ id: operation.id, what: operationWhat(operation), ending: operation.ending, by: operation.actor.name },
      })),
      helped: helpedWords(incident, operations),
      changes: changes?.map(viewChange) ?? null,
      runbook,
      links: { postMortem: `/api/v1/incidents/${incident.id}/post-mortem?format=md` },
    };
  });
}

const copyOf = <Entry extends { readonly agents: readonly string[] }>(entry: Entry) => ({
  ...entry,
  agents: [...entry.agents],
});

const MARKDOWN = "text/markdown; charset=utf-8";

function registerPostMortem(api: App, { ports }: AppDeps): void {
  const schema = {
    tags: ["incidents"],
    summary: "The post-mortem of an incident as far as facts go, with headings for the rest; itself written down",
    ...{ params, produces: [MARKDOWN], response: { 200: z.string() } },
    querystring: z.strictObject({ format: z.literal("md").default("md").describe("Markdown") }),
  };
  api.get("/incidents/:id/post-mortem", { schema }, async (request, reply) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    const { id } = request.params;
    const text = postMortem(await gatherIncident(id, ports));
    await ports.audit.append(exportEntry(request, id));
    void reply.type(MARKDOWN).header("content-disposition", `attachment; filename="${id}-post-mortem.md"`);
    return reply.send(text);
  });
}

function exportEntry(request: FastifyRequest, incident: string) {
  const { actor, identity, door } = callerOf(request);
  return auditEntry({
    ...{ event: "export", actor: actor.id, identity, door, command: "post-mortem", action: "fetched" },
    ...{ decision: "allowed", rule: "role-viewer", requestId: request.id, detail: { incident } },
  });
}
