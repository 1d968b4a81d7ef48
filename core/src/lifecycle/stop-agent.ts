import type { ActContext, StageResult } from "../command.ts";
import { Failure, isFailure } from "../domain/failure.ts";
import { isForeign } from "../domain/foreign-verdict.ts";
import { ageSeconds, HEARTBEAT_DEADLINE_SECONDS } from "../domain/freshness.ts";
import type { TargetProgress } from "../domain/operation.ts";
import { observeFleet } from "../observe-fleet.ts";
import type { ProcessState } from "../ports/supervisor.ts";
import { keysOf } from "../protocol/keys.ts";
import { type ControlMessage, type DesiredState, type ExpectedAgent, PROTOCOL_VERSION } from "../protocol.ts";
import { waitUntil } from "../wait-until.ts";
import { LIFECYCLE_LIMITS, type LifecycleLimits } from "./limits.ts";

/** Id of one effect of an operation on one agent; the agent's and the supervisor's ledger apply each once. */
export const effectId = (operation: { id: string }, agent: string, effect: string): string =>
  `${operation.id}:${agent}:${effect}`;

/**
 * Wants the agents to run or not, from now on and in the name of who asked; changes nothing if it is so already.
 * @param until when a pause ends by itself, ms; null: when somebody ends it
 */
export async function wish(
  { ports, operation }: ActContext,
  agent: string,
  { state, until = null }: { readonly state: DesiredState["state"]; readonly until?: number | null },
): Promise<void> {
  const { agents } = await ports.registry.expected();
  const desired = agents.find(({ id }) => id === agent)?.desired;
  if (desired?.state === state && (desired.until ?? null) === until) return;
  const { actor, reason } = operation;
  const ends = until === null ? {} : { until };
  await ports.registry.setDesired([agent], { state, by: actor.name, since: ports.clock.now(), reason, ...ends });
}

/** Wants a stopped agent to run; one that is paused stays so, whatever process of it there is. */
export async function wishStarted(context: ActContext, agent: string): Promise<void> {
  const { agents } = await context.ports.registry.expected();
  if (agents.find(({ id }) => id === agent)?.desired.state === "paused") return;
  await wish(context, agent, { state: "running" });
}

/**
 * Which process of the agent there is now, to be told apart from the next one.
 * @throws Failure "unavailable", "unknown_agent"
 */
export async function rememberProcess({ agent }: Pick<TargetProgress, "agent">, { ports, operation }: ActContext) {
  const [now, presence, process, isBeating] = await Promise.all([
    ports.bus.now(),
    ports.bus.readPresence([agent]),
    ports.supervisor.inspect(agent),
    beatsAsForeign(agent, ports),
  ]);
  const beat = presence.get(agent)?.beat ?? null;
  const isFresh = beat !== null && ageSeconds(beat.at, now) <= HEARTBEAT_DEADLINE_SECONDS;
  if (process.state === "never-started" && (isFresh || isBeating)) {
    throw new Failure("unavailable", `${agent} beats, but its supervisor did not start it`);
  }
  const isUp = process.state === "running";
  // One that ended since then may well have ended by this operation's own order, before that could be stored.
  const wasGone = !isUp && (process.exit === null || process.exit.at < operation.createdAt);
  return { epoch: beat?.epoch ?? null, pid: process.pid, isUp, wasGone };
}

async function beatsAsForeign(agent: string, ports: ActContext["ports"]): Promise<boolean> {
  const { agents } = await ports.registry.expected();
  const foreign = agents.filter((one) => one.id === agent && isForeign(one));
  if (foreign.length === 0) return false;
  const { agents: seen } = await observeFleet(ports, foreign);
  return seen[0]?.judgement.rung === 2;
}

/**
 * Orders one agent over the bus to stop, and remembers which process that was: `epoch`, `pid`, `isUp`, `wasGone`. The order
 * is fenced by the epoch and carries the operation's id, so a repeat stops nobody twice.
 * @returns `failed` if nobody could look at the first try, and then nothing was ordered
 * @throws Failure "unavailable" if it is not known whether the order was sent; repeat it
 */
export async function orderStop(
  target: TargetProgress,
  context: ActContext,
  limits: LifecycleLimits = LIFECYCLE_LIMITS,
): Promise<StageResult> {
  const { bus, registry } = context.ports;
  const { agent } = target;
  const found = await orFailure(Promise.all([bus.now(), rememberProcess(target, context), registry.expected()]));
  if (found instanceof Failure) {
    if (context.isRepeat === true) throw found;
    return { state: "failed", error: found.message, ending: "failed" };
  }
  const [now, memory, { fleet, agents }] = found;
  if (!memory.isUp || isForeignId(agent, agents)) return { state: "done", memory };
  if (context.operation.force === true) return { state: "skipped", detail: "by force", memory };
  const id = effectId(context.operation, agent, "stop");
  const { graceMs } = limits;
  const message: ControlMessage = {
    ...{ v: PROTOCOL_VERSION, id, kind: "stop", epoch: memory.epoch, deadline: now + graceMs },
    ...{ replyTo: keysOf(fleet).replies(id), args: { graceMs } },
  };
  await bus.send([{ agent, message }]);
  return { state: "done", memory };
}

const isForeignId = (agent: string, agents: readonly ExpectedAgent[]): boolean =>
  agents.some((one) => one.id === agent && isForeign(one));

async function orFailure<Result>(asked: Promise<Result>): Promise<Result | Failure> {
  try {
    return await asked;
  } catch (error) {
    if (isFailure(error)) return error;
    throw error;
  }
}

/**
 * Waits until the process that was ordered to stop is gone; one that stays is ended by the supervisor.
 * @throws Failure "unavailable" if the supervisor does not answer; repeat it
 */
export async function awaitStop(
  target: TargetProgress,
  context: ActContext,
  limits: LifecycleLimits = LIFECYCLE_LIMITS,
): Promise<StageResult> {
  const { supervisor } = context.ports;
  const { agent, memory } = target;
  if (memory.wasGone === true) return { state: "skipped", detail: "was gone" };
  const { agents } = await context.ports.registry.expected();
  if (isForeignId(agent, agents)) return endForeign(target, context, limits);
  if (context.operation.force === true) return endByForce(target, context, "by force");
  const isEnded = async (): Promise<true | null> => {
    const process = await supervisor.inspect(agent);
    return process.state === "running" && process.pid === memory.pid ? null : true;
  };
  // The order was sent before this stage was begun, so its grace runs since then, whoever waits for it.
  const withinMs = Math.max(0, limits.graceMs + limits.exitSlackMs - (context.begunMs ?? 0));
  const gone = await waitUntil(isEnded, { withinMs, everyMs: limits.pollMs });
  if (gone.value !== null) return { state: "done" };
  if (gone.failure !== null) throw gone.failure;
  const answer = await stopAnswer(target, context);
  return endByForce(target, context, answer === null ? "no answer on the bus" : "its work loop did not end");
}

// It had the whole grace to answer: what it said stands in the stream by now.
const ANSWER_THERE_MS = 100;

/** What the agent said to the order; null if it said nothing. */
async function stopAnswer({ agent }: TargetProgress, { ports, operation }: ActContext): Promise<string | null> {
  const { fleet } = await ports.registry.expected();
  const replyTo = keysOf(fleet).replies(effectId(operation, agent, "stop"));
  const replies = await orFailure(ports.bus.collectReplies({ replyTo, expected: 1, timeoutMs: ANSWER_THERE_MS }));
  return replies instanceof Failure ? null : (replies[0]?.outcome ?? null);
}

/** It is asked by a signal, as any program can be, before it is ended by force. */
async function endForeign(
  target: TargetProgress,
  context: ActContext,
  { graceMs }: LifecycleLimits,
): Promise<StageResult> {
  const ended = await endBySupervisor(target, context, { graceMs });
  if ("failed" in ended) return ended.failed;
  const how = ended.process.exit?.signal === "SIGKILL" ? `, and SIGTERM did not end it in ${graceMs / 1000} s` : "";
  return { state: "done", detail: `by the supervisor: it takes no orders on the bus${how}` };
}

async function endByForce(target: TargetProgress, context: ActContext, why: string): Promise<StageResult> {
  const ended = await endBySupervisor(target, context, {});
  return "failed" in ended ? ended.failed : { state: "done", detail: `by the supervisor: ${why}` };
}

async function endBySupervisor(
  { agent, memory }: TargetProgress,
  { ports, operation }: ActContext,
  grace: { readonly graceMs?: number },
): Promise<{ readonly process: ProcessState } | { readonly failed: StageResult }> {
  const { pid } = memory;
  const failed = (error: string) => ({ failed: { state: "failed", error, ending: "failed" } as const });
  if (typeof pid !== "number") return failed("its process is not known");
  const process = await ports.supervisor.kill(agent, { commandId: effectId(operation, agent, "kill"), pid, ...grace });
  return process.state === "running" && process.pid === pid ? failed(`process ${pid} does not end`) : { process };
}
