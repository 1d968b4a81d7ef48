import { askAgents, durationWords } from "../ask-agents.ts";
import type { ActContext, StageResult } from "../command.ts";
import { type Failure, isFailure } from "../domain/failure.ts";
import { isForeign, provableRung } from "../domain/foreign-verdict.ts";
import type { TargetProgress } from "../domain/operation.ts";
import { verdictWords } from "../fleet-words.ts";
import { observeFleet } from "../observe-fleet.ts";
import type { ProcessState } from "../ports/supervisor.ts";
import { exitWords, lastErrorWords } from "./exit-words.ts";
import { LIFECYCLE_LIMITS, type LifecycleLimits, proofLeft } from "./limits.ts";

/**
 * Proves that the agent's process of the remembered `epoch` works: an echo, then a canary through its work loop (rung 4). A
 * loop that holds an item within its normal time to the end counts as working; a process that has ended is not waited for.
 * @throws Failure "unavailable" if Redis does not answer; repeat it
 */
export async function proveWork(
  target: TargetProgress,
  context: ActContext,
  limits: LifecycleLimits = LIFECYCLE_LIMITS,
): Promise<StageResult> {
  const { agents } = await context.ports.registry.expected();
  const foreign = agents.find((one) => one.id === target.agent && isForeign(one));
  if (foreign !== undefined) return { state: "skipped", detail: `not provable beyond rung ${provableRung(foreign)}` };
  const deadline = performance.now() + proofLeft(limits.workMs, context);
  const proof: Proof = { echoMs: null, canaryMs: null, failure: null };
  do {
    const ended = await climb(proof, { target, context, limits });
    if (ended !== null) return notBack(ended);
    if (proof.canaryMs !== null) {
      return {
        state: "done",
        detail: `echo ${durationWords(proof.echoMs ?? 0)}, canary ${durationWords(proof.canaryMs)}`,
      };
    }
  } while (performance.now() < deadline);
  return judgeProof(target, context, proof);
}

interface Proof {
  echoMs: number | null;
  canaryMs: number | null;
  failure: Failure | null;
}

interface Climb {
  readonly target: TargetProgress;
  readonly context: ActContext;
  readonly limits: LifecycleLimits;
}

const notBack = (ended: ProcessState): StageResult => ({
  ...{ state: "failed", ending: "did-not-come-back" },
  error: `it started and ended again, ${exitWords(ended)}${lastErrorWords(ended)}`,
});

/** @returns the process if it did not answer because it has ended */
async function climb(proof: Proof, climbing: Climb): Promise<ProcessState | null> {
  await askOnce(proof, climbing);
  if (proof.canaryMs !== null || proof.failure !== null) return null;
  const { target, context, limits } = climbing;
  const first = await endedProcess(target, context);
  if (first === null) return null;
  await new Promise((resolve) => setTimeout(resolve, limits.goneMs));
  return endedProcess(target, context);
}

/** Nobody who can say so is as good as a process that may be there. */
async function endedProcess({ agent }: TargetProgress, { ports }: ActContext): Promise<ProcessState | null> {
  try {
    const process = await ports.supervisor.inspect(agent);
    return process.state === "exited" ? process : null;
  } catch (error) {
    if (isFailure(error)) return null;
    throw error;
  }
}

async function askOnce(proof: Proof, { target, context, limits }: Climb): Promise<void> {
  const { bus, registry } = context.ports;
  const { agent, memory } = target;
  const epoch = typeof memory.epoch === "number" ? memory.epoch : null;
  try {
    const { fleet } = await registry.expected();
    const ask = { fleet, agents: [agent], epoch };
    if (proof.echoMs === null) {
      const echo = await askAgents(bus, { ...ask, kind: "echo", timeoutMs: limits.echoMs });
      proof.echoMs = echo.took.get(agent) ?? null;
    }
    if (proof.echoMs === null) return;
    const canary = await askAgents(bus, { ...ask, kind: "canary", timeoutMs: limits.canaryMs });
    proof.canaryMs = canary.took.get(agent) ?? null;
    proof.failure = null;
  } catch (error) {
    if (!isFailure(error)) throw error;
    proof.failure = error;
    await new Promise((resolve) => setTimeout(resolve, limits.pollMs));
  }
}

/** It came back, or it would not have got here; now it either is busy, or the restart did not help. */
async function judgeProof({ agent }: TargetProgress, context: ActContext, proof: Proof): Promise<StageResult> {
  if (proof.failure !== null) throw proof.failure;
  const { agents } = await context.ports.registry.expected();
  const expected = agents.filter(({ id }) => id === agent);
  const echo = new Map([[agent, proof.echoMs ?? ("none" as const)]]);
  const canary = proof.echoMs === null ? new Map() : new Map([[agent, "none" as const]]);
  const view = await observeFleet(context.ports, expected, { echo, canary });
  const judgement = view.agents[0]?.judgement;
  if (judgement === undefined)
    return { state: "failed", error: `${agent} is not expected any more`, ending: "unknown" };
  const words = verdictWords(judgement);
  if (judgement.verdict === "busy")
    return { state: "done", detail: `echo ${durationWords(proof.echoMs ?? 0)}, ${words}` };
  const isBack = judgement.rung === null || judgement.rung >= 2;
  return { state: "failed", error: words, ending: isBack ? "did-not-help" : "did-not-come-back" };
}
