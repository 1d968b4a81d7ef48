import { type ApiChange, apiChange, apiChanges, toldChange } from "@rollcall/core/change-contract.ts";
import { changeWords } from "@rollcall/core/change-words.ts";
import { idempotencyKey } from "@rollcall/core/contract.ts";
import { auditEntry } from "@rollcall/core/domain/audit.ts";
import type { Change } from "@rollcall/core/domain/change.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { agentId } from "@rollcall/core/protocol.ts";
import { readChanges } from "@rollcall/core/read-changes.ts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { type Caller, callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { requireExpected } from "./fleet-view.ts";
import { noQuery } from "./query.ts";
import { stretchOf, stretchQuery } from "./stretch.ts";

const USUAL_RANGE = "30m";
const MOST = 200;
const DAY_MS = 86_400_000;
/** A clock that is ahead of ours by less is believed. */
const AHEAD_MS = 60_000;
const tags = ["changes"];

/** What changed before something broke, and a way to tell of a deployment. */
export function registerChanges(api: App, { ports }: AppDeps): void {
  const list = {
    ...{ tags, summary: "What changed, by whom: versions, deployments, starts, orders, the list of the fleet" },
    querystring: z.strictObject({ ...stretchQuery, agent: agentId.optional().describe("only what touched it") }),
    response: { 200: apiChanges },
  };
  api.get("/changes", { schema: list }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    const { agent, ...stretch } = request.query;
    if (agent !== undefined) await requireExpected(ports, agent);
    const asOf = ports.clock.now();
    const { rangeSeconds, to } = stretchOf(stretch, asOf, USUAL_RANGE);
    const from = (to ?? asOf) - rangeSeconds * 1000;
    const found = await readChanges(ports, {
      ...{ from, to: to ?? undefined },
      ...(agent !== undefined && { agents: [agent] }),
    });
    return { asOf, from, changes: found.slice(0, MOST).map(viewChange) };
  });
  registerTelling(api, ports);
}

function registerTelling(api: App, ports: AppDeps["ports"]): void {
  const tell = {
    ...{ tags, summary: "Tell of a deployment or of another change from outside", querystring: noQuery },
    description: "Needs the header Idempotency-Key; the same key again tells nothing new.",
    ...{ body: toldChange, response: { 200: apiChange } },
  };
  api.post("/changes", { schema: tell }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "act");
    requireRole(caller, "operator");
    const { changes } = ports;
    if (changes === undefined) throw new Failure("unavailable", "What changed is not kept here.");
    const { what, agents, version = null, by, link = null } = request.body;
    const key = `${caller.actor.id} ${keyOf(request)}`;
    const at = momentOf(request.body.at, ports.clock.now());
    for (const id of agents) await requireExpected(ports, id);
    const told = { at, agents: [...new Set(agents)], what, version, by: by ?? caller.actor.name, link, key };
    return viewChange(await changes.tell(told, entryOf(request, caller, told)));
  });
}

export const viewChange = (change: Change): ApiChange => ({
  ...change,
  agents: [...change.agents],
  words: changeWords(change),
});

/** @throws Failure "invalid_input" */
function keyOf({ headers }: FastifyRequest): string {
  const key = idempotencyKey.safeParse(headers["idempotency-key"]);
  if (key.success) return key.data;
  throw new Failure("invalid_input", "the header Idempotency-Key is missing or no key", {
    found: String(headers["idempotency-key"] ?? "nothing").slice(0, 60),
    next: "Send one key for each change, for example the id of the deployment.",
  });
}

/** @throws Failure "invalid_input" */
function momentOf(at: number | undefined, now: number): number {
  if (at === undefined || (at <= now + AHEAD_MS && at > now - DAY_MS)) return Math.min(at ?? now, now);
  const allowed = ["within the last 24 hours"];
  throw new Failure("invalid_input", "`at` lies elsewhere", { found: new Date(at).toISOString(), allowed });
}

const entryOf = (
  request: FastifyRequest,
  { actor, identity, door }: Caller,
  { agents, what, version, by }: { agents: string[]; what: string; version: string | null; by: string },
) =>
  auditEntry({
    ...{ event: "configuration", action: "change-told", actor: actor.id, identity, door, targets: agents },
    ...{ decision: "allowed", rule: "role-operator", requestId: request.id, detail: { what, version, by } },
  });
