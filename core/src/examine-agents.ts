import { randomBytes } from "node:crypto";
import { askAgents } from "./ask-agents.ts";
import { isFailure } from "./domain/failure.ts";
import { isForeign } from "./domain/foreign-verdict.ts";
import { type FleetSight, type FleetView, observeFleet, type SeenAgent } from "./observe-fleet.ts";
import { keysOf } from "./protocol/keys.ts";
import { type ControlReply, type ExpectedAgent, PROTOCOL_VERSION } from "./protocol.ts";

/** How long health checks wait, in ms. */
export interface ExamineLimits {
  readonly echoMs: number;
  /** For the agent's own probe. */
  readonly probeMs: number;
}
export const EXAMINE_LIMITS: ExamineLimits = { echoMs: 2000, probeMs: 3000 };

/** What an agent's own probe said; `none`: it has none, or was not asked because it does not hear. */
export type ProbeOutcome =
  | { readonly state: "passed" | "failed"; readonly detail: string | null }
  | { readonly state: "none" };

export interface Examined extends FleetView {
  readonly probes: ReadonlyMap<string, ProbeOutcome>;
}

/**
 * Rungs 1 to 3 of agents, asked now, and what their own probes say. No work loop is asked: what is busy answers too.
 * @throws Failure "unavailable" only if nobody knows who is expected
 */
export async function examineAgents(
  sight: FleetSight,
  agents: readonly ExpectedAgent[],
  limits: ExamineLimits = EXAMINE_LIMITS,
): Promise<Examined> {
  const before = await observeFleet(sight, agents);
  const hearing = before.agents.filter(({ expected, beat, judgement: { rung } }) => {
    const isThere = rung === null || rung >= 2;
    return !isForeign(expected) && beat !== null && isThere;
  });
  try {
    const [echo, probes] = await Promise.all([askEchoes(sight, hearing, limits), askProbes(sight, hearing, limits)]);
    const view = await observeFleet(sight, agents, { echo });
    return { ...view, probes };
  } catch (error) {
    if (!isFailure(error) || error.code !== "unavailable") throw error;
    const problems = before.problems.includes(error.message) ? before.problems : [...before.problems, error.message];
    return { ...before, problems, probes: new Map() };
  }
}

const idOf = ({ expected }: SeenAgent): string => expected.id;

async function askEchoes(
  { bus, registry }: FleetSight,
  hearing: readonly SeenAgent[],
  { echoMs }: ExamineLimits,
): Promise<Map<string, number | "none">> {
  const agents = hearing.map(idOf);
  if (agents.length === 0) return new Map();
  const { fleet } = await registry.expected();
  const { took } = await askAgents(bus, { fleet, kind: "echo", agents, epoch: null, timeoutMs: echoMs });
  return new Map(agents.map((id) => [id, took.get(id) ?? "none"]));
}

/** Only who says that it has a probe is asked: an older agent would not know the question. */
async function askProbes(
  { bus, registry }: FleetSight,
  hearing: readonly SeenAgent[],
  { probeMs }: ExamineLimits,
): Promise<Map<string, ProbeOutcome>> {
  const asked = hearing.filter(({ beat }) => beat?.health === true).map(idOf);
  if (asked.length === 0) return new Map();
  const [{ fleet }, now] = await Promise.all([registry.expected(), bus.now()]);
  const call = `health-${randomBytes(8).toString("hex")}`;
  const replyTo = keysOf(fleet).replies(call);
  const common = {
    v: PROTOCOL_VERSION,
    kind: "health",
    epoch: null,
    deadline: now + probeMs,
    replyTo,
    args: {},
  } as const;
  await bus.send(asked.map((agent) => ({ agent, message: { ...common, id: `${call}:${agent}` } })));
  // A probe that does not end is answered by the agent itself at the deadline; that answer is on its way for a moment.
  const replies = await bus.collectReplies({ replyTo, expected: asked.length, timeoutMs: probeMs + 500 });
  const byAgent = new Map(replies.map((reply) => [reply.agent, reply]));
  return new Map(asked.map((agent) => [agent, outcomeOf(byAgent.get(agent), probeMs)]));
}

function outcomeOf(reply: ControlReply | undefined, probeMs: number): ProbeOutcome {
  if (reply === undefined) return { state: "failed", detail: `no answer in ${probeMs / 1000} s` };
  if (reply.outcome === "refused") return { state: "none" };
  return { state: reply.outcome === "done" ? "passed" : "failed", detail: reply.detail };
}
