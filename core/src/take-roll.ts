import { type Answers, askAgents } from "./ask-agents.ts";
import { isFailure } from "./domain/failure.ts";
import { type FleetSight, type FleetView, observeFleet, type SeenAgent } from "./observe-fleet.ts";
import type { ExpectedAgent } from "./protocol.ts";

/** How long a roll call waits, in ms. */
export interface RollLimits {
  readonly echoMs: number;
  /** Enough for a canary to be handled by a loop that is not at work. */
  readonly firstCanaryMs: number;
  /** For all others: longer than from one heartbeat to the next, so that one tells of the item in hand. */
  readonly canaryMs: number;
}

export const ROLL_LIMITS: RollLimits = { echoMs: 2000, firstCanaryMs: 1500, canaryMs: 6000 };

/** What a roll call found: everyone who was called, and how long it took. */
export interface Roll extends FleetView {
  readonly tookMs: number;
}

/**
 * Every agent proves that it works, rungs 1 to 4: process, heartbeat, echo and canary to all at once. Ends as soon as
 * everybody has answered, or the silence of the rest is explained by what their heartbeats say.
 * @throws Failure "unavailable" only if nobody knows who is expected
 */
export async function takeRoll(
  sight: FleetSight,
  agents: readonly ExpectedAgent[],
  limits: RollLimits = ROLL_LIMITS,
): Promise<Roll> {
  const begunAt = performance.now();
  const before = await observeFleet(sight, agents);
  const callable = before.agents.filter(isCallable);
  const view = callable.length === 0 ? before : await callAgents(sight, { before, callable, agents, limits });
  return { ...view, tookMs: performance.now() - begunAt };
}

/** Who is gone or silent cannot answer, and waiting for it would only take time. */
const isCallable = ({ judgement: { rung, verdict }, beat }: SeenAgent): boolean =>
  beat !== null && verdict !== "stopped" && (rung === null || rung >= 2);

interface Call {
  readonly before: FleetView;
  readonly callable: readonly SeenAgent[];
  readonly agents: readonly ExpectedAgent[];
  readonly limits: RollLimits;
}

async function callAgents(sight: FleetSight, call: Call): Promise<FleetView> {
  const { before, callable, agents, limits } = call;
  if (before.problems.includes("Redis does not answer")) return before;
  const { fleet } = await sight.registry.expected();
  const ids = callable.map(({ expected }) => expected.id);
  const working = callable
    .filter(({ expected }) => expected.desired.state === "running")
    .map(({ expected }) => expected.id);
  try {
    const common = { fleet, epoch: null };
    const [echo, canary] = await Promise.all([
      askAgents(sight.bus, { ...common, kind: "echo", agents: ids, timeoutMs: limits.echoMs }),
      askAgents(sight.bus, { ...common, kind: "canary", agents: working, timeoutMs: limits.firstCanaryMs }),
    ]);
    const look = (): Promise<FleetView> =>
      observeFleet(sight, agents, {
        echo: answersOf(ids, echo),
        canary: answersOf(
          working.filter((id) => echo.took.has(id)),
          canary,
        ),
      });
    const view = await look();
    if (view.agents.every((seen) => isExplained(seen, before, canary))) return view;
    await canary.wait(limits.canaryMs - limits.firstCanaryMs);
    return await look();
  } catch (error) {
    if (!isFailure(error) || error.code !== "unavailable") throw error;
    return { ...before, problems: [...before.problems, error.message] };
  }
}

const answersOf = (asked: readonly string[], { took }: Answers): Map<string, number | "none"> =>
  new Map(asked.map((id) => [id, took.get(id) ?? "none"]));

/** Whether longer waiting would change nothing: it answered, or its heartbeat says why it does not. */
function isExplained(seen: SeenAgent, before: FleetView, canary: Answers): boolean {
  const { verdict } = seen.judgement;
  if (verdict !== "alive but not consuming" || canary.took.has(seen.expected.id)) return true;
  const earlier = before.agents.find(({ expected }) => expected.id === seen.expected.id);
  return earlier?.judgement.verdict === verdict;
}
