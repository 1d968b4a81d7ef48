import type { ActContext, StageResult } from "../command.ts";
import { isForeign } from "../domain/foreign-verdict.ts";
import type { TargetProgress } from "../domain/operation.ts";
import type { ProcessState } from "../ports/supervisor.ts";
import type { ExpectedAgent } from "../protocol.ts";
import { waitUntil } from "../wait-until.ts";
import { exitWords, lastErrorWords } from "./exit-words.ts";
import { LIFECYCLE_LIMITS, type LifecycleLimits, proofLeft } from "./limits.ts";
import { effectId } from "./stop-agent.ts";

/**
 * Starts the agent's process and waits for the first heartbeat of a newer epoch than the remembered one; a process that
 * exits at once is started once more. Remembers the new `epoch`.
 * @throws Failure "unavailable" if the supervisor or Redis does not answer; repeat it
 */
export async function startProcess(
  target: TargetProgress,
  context: ActContext,
  limits: LifecycleLimits = LIFECYCLE_LIMITS,
): Promise<StageResult> {
  const { agent, memory } = target;
  const id = effectId(context.operation, agent, "start");
  const first = await startOnce(context, { agent, memory, commandId: id }, limits);
  const last = "exit" in first ? await startOnce(context, { agent, memory, commandId: `${id}-again` }, limits) : first;
  if ("epoch" in last) return { state: "done", memory: { epoch: last.epoch } };
  if ("exit" in last) return notBack(`${exitWords(last.exit)} twice${lastErrorWords(last.exit)}`);
  const process = await context.ports.supervisor.inspect(agent);
  return notBack(`no heartbeat in ${Math.round(limits.startMs / 1000)} s${lastErrorWords(process)}`);
}

const notBack = (error: string): StageResult => ({ state: "failed", error, ending: "did-not-come-back" });

interface Start {
  readonly agent: string;
  readonly memory: TargetProgress["memory"];
  readonly commandId: string;
}
type Started = { readonly epoch: number } | { readonly exit: ProcessState } | { readonly silent: true };

async function startOnce(context: ActContext, start: Start, limits: LifecycleLimits): Promise<Started> {
  const { supervisor } = context.ports;
  const { agent, memory, commandId } = start;
  const earlier = typeof memory.epoch === "number" ? memory.epoch : -1;
  const wasUp = isTakenOver(context) && (await supervisor.inspect(agent)).state === "running";
  const begun = await supervisor.start(agent, commandId);
  const isBack = await proofOfStart(context, { agent, earlier, begun });
  const look = async (): Promise<Started | null> => {
    const [epoch, process] = await Promise.all([isBack(), supervisor.inspect(agent)]);
    if (process.state === "running") return epoch === null ? null : { epoch };
    const isOfThisStart = process.exit !== null && process.exit.at >= (begun.startedAt ?? 0);
    return isOfThisStart ? { exit: process } : null;
  };
  // What is started only now has all the time.
  const withinMs = wasUp ? proofLeft(limits.startMs, context) : limits.startMs;
  const { value, failure } = await waitUntil(look, { withinMs, everyMs: limits.pollMs });
  if (value === null && failure !== null) throw failure;
  return value ?? { silent: true };
}

const isTakenOver = ({ begunMs = 0 }: ActContext): boolean => begunMs > 0;

/** @returns the epoch of the process that came up; null: not yet */
type IsBack = () => Promise<number | null>;

async function proofOfStart(
  { ports }: ActContext,
  { agent, earlier, begun }: { agent: string; earlier: number; begun: ProcessState },
): Promise<IsBack> {
  const { agents } = await ports.registry.expected();
  const foreign = agents.find((one) => one.id === agent && isForeign(one));
  if (foreign !== undefined) return foreignProof(foreign, ports, begun.startedAt ?? 0);
  return async () => {
    const epoch = (await ports.bus.readPresence([agent])).get(agent)?.beat?.epoch ?? -1;
    return epoch > earlier ? epoch : null;
  };
}

/** A foreign agent has no epochs: it is up when it has beaten since the start, or has stayed for a while. */
function foreignProof(foreign: ExpectedAgent, { bus }: ActContext["ports"], since: number): IsBack {
  // Not from `since`: that is the time of another host.
  const seenAt = performance.now();
  if (foreign.heartbeat === undefined) return async () => (performance.now() - seenAt >= STAYS_MS ? NO_EPOCH : null);
  return async () => {
    const mapped = (await bus.readMapped([foreign])).get(foreign.id) ?? null;
    return mapped !== null && "at" in mapped && mapped.at >= since - TIME_STEP_MS ? NO_EPOCH : null;
  };
}

const NO_EPOCH = -1;
// A program that cannot start ends within this.
const STAYS_MS = 1000;
// A heartbeat in whole seconds is up to one second behind.
const TIME_STEP_MS = 1000;
