import { type ApiAgent, apiAgentAnswer, apiAgents } from "@rollcall/core/contract.ts";
import { HEALTHS, VERDICTS } from "@rollcall/core/domain/verdict.ts";
import { agentId, CRITICALITIES } from "@rollcall/core/protocol.ts";
import { shareLook, shareLookAt } from "@rollcall/core/share-look.ts";
import { z } from "zod";
import { callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { measureWaiting, requireExpected, unknownAgent, viewAgents, viewFleet } from "./fleet-view.ts";
import { noQuery, wholeNumber } from "./query.ts";

const querystring = z.strictObject({
  search: z.string().min(1).max(100).optional().describe("part of the id, of what it does, or of a label"),
  group: agentId.optional(),
  owner: agentId.optional(),
  criticality: z.enum(CRITICALITIES).optional(),
  health: z.enum(HEALTHS).optional(),
  verdict: z.enum(VERDICTS).optional(),
  limit: wholeNumber({ least: 1, most: 500, usual: 100 }),
  offset: wholeNumber({ least: 0, most: 1_000_000, usual: 0 }),
});
type Filter = z.infer<typeof querystring>;
const params = z.strictObject({ id: agentId });

/** Who should exist, and what each of them proves. */
export function registerAgents(api: App, { ports }: AppDeps): void {
  const list = {
    tags: ["agents"],
    summary: "The expected agents, sick first",
    querystring,
    response: { 200: apiAgents },
  };
  const look = shareLook(() => viewFleet(ports));
  api.get("/agents", { schema: list }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    const { offset, limit } = request.query;
    const view = await look();
    const matching = view.agents.filter((agent) => fits(agent, request.query));
    const agents = await measureWaiting(ports.bus, matching.slice(offset, offset + limit));
    const { asOf, problems } = view;
    return { asOf, problems: [...problems], expected: view.agents.length, matched: matching.length, agents };
  });

  const one = {
    tags: ["agents"],
    summary: "All about one agent",
    params,
    querystring: noQuery,
    response: { 200: apiAgentAnswer },
  };
  const lookAt = shareLookAt(async (ids: ReadonlySet<string>) => {
    const view = await viewAgents(ports, ids);
    return { ...view, agents: await measureWaiting(ports.bus, view.agents) };
  });
  api.get("/agents/:id", { schema: one }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    const { id } = request.params;
    await requireExpected(ports, id);
    const { asOf, problems, agents } = await lookAt(id);
    const agent = agents.find((one) => one.id === id);
    // It was taken out of fleet.yaml meanwhile.
    if (agent === undefined) throw unknownAgent(id, []);
    return { asOf, problems: [...problems], agent };
  });
}

function fits(agent: ApiAgent, filter: Filter): boolean {
  const exact = ["group", "owner", "criticality", "health", "verdict"] as const;
  if (exact.some((field) => filter[field] !== undefined && filter[field] !== agent[field])) return false;
  if (filter.search === undefined) return true;
  const wanted = filter.search.toLowerCase();
  const labels = Object.entries(agent.labels).map(([name, value]) => `${name}=${value}`);
  return [agent.id, agent.does, ...labels].some((text) => text.toLowerCase().includes(wanted));
}
