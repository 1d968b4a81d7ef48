import type { ActContext, StageResult } from "../command.ts";
import type { TargetProgress } from "../domain/operation.ts";
import { plain } from "../fleet-words.ts";
import type { ProcessState } from "../ports/supervisor.ts";
import { waitUntil } from "../wait-until.ts";
import { LIFECYCLE_LIMITS, type LifecycleLimits } from "./limits.ts";
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
  const { bus, supervisor } = context.ports;
  const { agent, memory, commandId } = start;
  const earlier = typeof memory.epoch === "number" ? memory.epoch : -1;
  const begun = await supervisor.start(agent, commandId);
  const look = async (): Promise<Started | null> => {
    const [presence, process] = await Promise.all([bus.readPresence([agent]), supervisor.inspect(agent)]);
    const epoch = presence.get(agent)?.beat?.epoch ?? -1;
    if (process.state === "running") return epoch > earlier ? { epoch } : null;
    const isOfThisStart = process.exit !== null && process.exit.at >= (begun.startedAt ?? 0);
    return isOfThisStart ? { exit: process } : null;
  };
  const { value, failure } = await waitUntil(look, { withinMs: limits.startMs, everyMs: limits.pollMs });
  if (value === null && failure !== null) throw failure;
  return value ?? { silent: true };
}

const exitWords = ({ exit }: ProcessState): string => `exit ${exit?.code ?? exit?.signal ?? "unknown"}`;

/** `: "cannot read key.pem"` */
function lastErrorWords({ lastErrors }: ProcessState): string {
  const last = lastErrors.findLast((line) => line.trim() !== "");
  return last === undefined ? "" : `: "${plain(last.trim(), 120)}"`;
}
