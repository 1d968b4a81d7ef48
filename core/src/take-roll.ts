import { askAgents } from "./ask-agents.ts";
import { isFailure } from "./domain/failure.ts";
import type { Verdict } from "./domain/verdict.ts";
import {
  type Asked,
  type FleetLook,
  type FleetSight,
  type FleetView,
  judgeFleet,
  lookAtFleet,
  observeFleet,
  type SeenAgent,
} from "./observe-fleet.ts";
import type { ExpectedAgent } from "./protocol.ts";
import { type Canaries, sendCanaries } from "./send-canaries.ts";

/** How long a roll call waits, in ms. */
export interface RollLimits {
  readonly echoMs: number;
  /** Enough for a canary to be handled by a loop that is not at work. */
  readonly firstCanaryMs: number;
  /** For all others: longer than from one heartbeat to the next, so that one tells of the item in hand. */
  readonly canaryMs: number;
}

/** How a roll call is taken. */
export interface RollOptions extends RollLimits {
  /** Told every quarter of a second how far it is, if answers have come in; one that takes no longer tells nothing. */
  readonly watch?: (soFar: RollSoFar) => void;
}

/** What a roll call has found before everybody has answered. */
export interface RollSoFar {
  readonly view: FleetView;
  /** Agents whose verdict does not stand yet. */
  readonly waitingFor: readonly string[];
}

export const ROLL_LIMITS: RollLimits = { echoMs: 2000, firstCanaryMs: 1500, canaryMs: 6000 };

/** What a roll call found: everyone who was called, and how long it took. */
export interface Roll extends FleetView {
  readonly tookMs: number;
}

/**
 * Every agent proves that it works, rungs 1 to 4: process, heartbeat, echo and canary. All get a canary at once: one that
 * comes back has passed inbox and work loop, so it is an echo too. An echo is asked of those whose loop says nothing. Ends
 * as soon as everybody has answered, or the silence of the rest is explained by what their heartbeats say.
 * @throws Failure "unavailable" only if nobody knows who is expected
 */
export async function takeRoll(
  sight: FleetSight,
  agents: readonly ExpectedAgent[],
  limits: RollOptions = ROLL_LIMITS,
): Promise<Roll> {
  const begunAt = performance.now();
  const view = await callAgents(sight, agents, limits);
  return { ...view, tookMs: performance.now() - begunAt };
}

async function callAgents(
  sight: FleetSight,
  agents: readonly ExpectedAgent[],
  limits: RollOptions,
): Promise<FleetView> {
  // Who is there is looked up while the canaries are on their way.
  const [look, canary] = await Promise.all([
    lookAtFleet(sight, agents),
    orProblem(sendCanaries(sight, agents, limits.firstCanaryMs)),
  ]);
  const before = judgeFleet(look);
  if (typeof canary === "string") return withProblem(before, canary);
  const call = { sight, look, before, canary, limits };
  const callable = before.agents.filter(isCallable);
  const endWatch = watchAnswers(call, callable);
  try {
    const view = await orProblem(hearAgents(call, callable));
    return typeof view === "string" ? withProblem(before, view) : view;
  } finally {
    endWatch();
  }
}

const WATCH_MS = 250;

/** Tells as answers come in what is known by then. @returns what ends it */
function watchAnswers({ look, canary, limits: { watch } }: Call, callable: readonly SeenAgent[]): () => void {
  if (watch === undefined) return () => undefined;
  const asked = callable.filter(({ expected }) => expected.desired.state === "running").map(idOf);
  let told = -1;
  const timer = setInterval(() => {
    if (canary.took.size === told) return;
    told = canary.took.size;
    const view = judgeFleet(look, { canary: new Map(canary.took) });
    watch({ view, waitingFor: asked.filter((id) => !canary.took.has(id)) });
  }, WATCH_MS);
  return () => clearInterval(timer);
}

/** Who is gone or silent cannot answer, and waiting for it would only take time. */
const isCallable = ({ judgement: { rung, verdict }, beat }: SeenAgent): boolean =>
  beat !== null && verdict !== "stopped" && (rung === null || rung >= 2);

interface Call {
  readonly sight: FleetSight;
  readonly look: FleetLook;
  readonly before: FleetView;
  readonly canary: Canaries;
  readonly limits: RollOptions;
}

async function hearAgents(call: Call, callable: readonly SeenAgent[]): Promise<FleetView> {
  const { sight, look, before, canary, limits } = call;
  await canary.sendToOthers(callable);
  const isWanted = ({ expected }: SeenAgent): boolean => expected.desired.state === "running";
  const working = callable.filter(isWanted).map(idOf);
  const resting = callable.filter((seen) => !isWanted(seen)).map(idOf);
  const [echoes, more] = await Promise.all([hearEchoes(call, resting), hearWorking(call, working)]);
  const asked = (): Asked => {
    const echo = new Map([...echoes, ...more]);
    const silent = working.filter((id) => !canary.took.has(id) && typeof echo.get(id) === "number");
    return { echo, canary: new Map<string, number | "none">([...canary.took, ...silent.map(noneOf)]) };
  };
  // An answer of everybody leaves nothing that a second look could tell.
  if (more.size === 0) return judgeFleet(look, asked());
  const agents = look.expected;
  const view = await observeFleet(sight, agents, asked());
  const earlier = new Map(before.agents.map((seen) => [idOf(seen), seen.judgement.verdict]));
  if (view.agents.every((seen) => isExplained(seen, earlier.get(idOf(seen)), canary))) return view;
  await canary.wait(limits.canaryMs - limits.firstCanaryMs, working);
  return observeFleet(sight, agents, asked());
}

const noneOf = (id: string) => [id, "none"] as const;
const idOf = ({ expected }: SeenAgent): string => expected.id;

// A loop that is not at work takes a canary within milliseconds; ten thousand answers at once take half a second to be read.
const loopPatienceMs = (agents: number): number => 250 + agents / 10;

/** Waits for canaries. @returns the echoes of those whose loop says nothing */
async function hearWorking(call: Call, working: readonly string[]): Promise<Map<string, number | "none">> {
  const { canary, limits } = call;
  const patienceMs = Math.min(loopPatienceMs(working.length), limits.firstCanaryMs);
  await canary.wait(patienceMs, working);
  const silent = working.filter((id) => !canary.took.has(id));
  const [echoes] = await Promise.all([
    hearEchoes(call, silent),
    canary.wait(limits.firstCanaryMs - patienceMs, working),
  ]);
  return echoes;
}

async function hearEchoes({ sight, limits }: Call, agents: readonly string[]): Promise<Map<string, number | "none">> {
  if (agents.length === 0) return new Map();
  const { fleet } = await sight.registry.expected();
  const question = { fleet, kind: "echo", agents, epoch: null, timeoutMs: limits.echoMs } as const;
  const { took } = await askAgents(sight.bus, question);
  return new Map(agents.map((id) => [id, took.get(id) ?? "none"]));
}

/** Whether longer waiting would change nothing: it answered, or its heartbeat says why it does not. */
function isExplained(seen: SeenAgent, earlier: Verdict | undefined, canary: Canaries): boolean {
  const { verdict } = seen.judgement;
  return verdict !== "alive but not consuming" || canary.took.has(seen.expected.id) || earlier === verdict;
}

const withProblem = (view: FleetView, problem: string): FleetView =>
  view.problems.includes(problem) ? view : { ...view, problems: [...view.problems, problem] };

/** @returns what is wrong, in words, if something is unavailable */
async function orProblem<Result>(work: Promise<Result>): Promise<Result | string> {
  try {
    return await work;
  } catch (error) {
    if (!isFailure(error) || error.code !== "unavailable") throw error;
    return error.message;
  }
}
