import type { ActContext, FoundOut } from "../command.ts";
import { firingAgents, isMeasured } from "../domain/incident.ts";
import type { TargetProgress } from "../domain/operation.ts";
import type { ProcessState } from "../ports/supervisor.ts";
import { askLedger } from "./ask-ledger.ts";
import { LIFECYCLE_LIMITS, type LifecycleLimits } from "./limits.ts";
import { proveWork } from "./prove-work.ts";

/** Whoever asks again every few seconds need not wait long for one answer. */
const QUICK: LifecycleLimits = { ...LIFECYCLE_LIMITS, workMs: 3000, echoMs: 1500, canaryMs: 1500 };

/**
 * What became of a restart: its process, its ledger and its work loop are asked, nothing is done to it.
 * @returns null: still not known @throws Failure "unavailable"
 */
export async function findOutRestart(target: TargetProgress, context: ActContext): Promise<FoundOut | null> {
  const process = await context.ports.supervisor.inspect(target.agent);
  if (process.state !== "running") return bad("did-not-come-back", `it was stopped and does not run${exitOf(process)}`);
  if (!isNew(process, target, context)) return findOutOrder(target, context, "it was not restarted");
  const found = await findOutWork(target, context);
  return found?.ending === "done" ? await findOutAlert(target, context, found) : found;
}

/** What became of a stop. @returns null: still not known @throws Failure "unavailable" */
export async function findOutStop(target: TargetProgress, context: ActContext): Promise<FoundOut | null> {
  const process = await context.ports.supervisor.inspect(target.agent);
  if (process.state !== "running") return { state: "done", ending: "done", detail: "its process is gone" };
  if (isNew(process, target, context)) return bad("failed", "it runs: it was started again since");
  return findOutOrder(target, context, "it was not stopped");
}

/** What became of a drain. @returns null: still not known @throws Failure "unavailable" */
export async function findOutDrain(target: TargetProgress, context: ActContext): Promise<FoundOut | null> {
  const process = await context.ports.supervisor.inspect(target.agent);
  if (process.state !== "running") return { state: "done", ending: "done", detail: "its process is gone" };
  if (isNew(process, target, context)) return bad("failed", "it runs: it was started again since");
  const word = await askLedger(target.agent, context, { kind: "drain", effect: "drain", args: {} });
  if (word === null) return null;
  return word.applied
    ? bad("failed", "it takes no new work, and still runs")
    : bad("failed", "the order never reached it, and it goes on");
}

/** What became of a start. @returns null: still not known @throws Failure "unavailable" */
export async function findOutStart(target: TargetProgress, context: ActContext): Promise<FoundOut | null> {
  const process = await context.ports.supervisor.inspect(target.agent);
  if (process.state === "running") return findOutWork(target, context);
  const ended = process.exit !== null && process.exit.at >= context.operation.createdAt;
  return ended
    ? bad("did-not-come-back", `it does not run${exitOf(process)}`)
    : bad("failed", "it was not started. Nothing was done.");
}

/** What became of a rehearsed fault. @returns null: still not known @throws Failure "unavailable" */
export async function findOutDrill(target: TargetProgress, context: ActContext): Promise<FoundOut | null> {
  const { fault } = context.operation.input as { fault?: string };
  const args = fault === undefined ? {} : { fault };
  const word = await askLedger(target.agent, context, { kind: "drill", effect: "drill", args });
  if (word === null) return null;
  if (!word.applied) return bad("failed", "it never reached the agent. Nothing was done.");
  return word.outcome === "failed" ? bad("failed", "the agent could not begin it") : { state: "done", ending: "done" };
}

/**
 * What became of an order that only the agent's ledger can tell of: `pause`, `resume`.
 * @returns how to find it out, as a command declares it
 */
export const findOutOrdered =
  (kind: "pause" | "resume") =>
  async ({ agent }: TargetProgress, context: ActContext): Promise<FoundOut | null> => {
    const word = await askLedger(agent, context, { kind, effect: kind, args: {} });
    if (word === null) return null;
    if (!word.applied) return bad("failed", "the order never reached it");
    return word.outcome.startsWith("failed") ? bad("failed", "it could not obey") : { state: "done", ending: "done" };
  };

const bad = (ending: FoundOut["ending"], error: string): FoundOut => ({ state: "failed", ending, error });

/**
 * Another process than the one that was asked for, started by this operation or by whoever came after it. Only where that one
 * was not remembered do times decide: they are of two hosts.
 */
const isNew = ({ pid, startedAt }: ProcessState, { memory }: TargetProgress, { operation }: ActContext): boolean =>
  typeof memory.pid === "number" ? pid !== memory.pid : startedAt !== null && startedAt >= operation.createdAt;

const exitOf = ({ exit }: ProcessState): string =>
  exit === null ? "" : `: ${exit.signal ?? `exit ${exit.code ?? "unknown"}`}`;

/** The process of before still runs: did the order to stop reach it? */
async function findOutOrder({ agent }: TargetProgress, context: ActContext, so: string): Promise<FoundOut | null> {
  const word = await askLedger(agent, context, { kind: "stop", effect: "stop", args: {} });
  if (word === null) return null;
  if (!word.applied) return bad("failed", `${so}: the order never reached it. Nothing was done.`);
  // "done" is on its way out, "begun" lets its work end.
  return word.outcome === "failed" ? bad("failed", `${so}: its work loop did not end, and it goes on`) : null;
}

async function findOutWork(target: TargetProgress, context: ActContext): Promise<FoundOut | null> {
  const { bus } = context.ports;
  const epoch = (await bus.readPresence([target.agent])).get(target.agent)?.beat?.epoch ?? null;
  const proof = await proveWork({ ...target, memory: { ...target.memory, epoch } }, context, QUICK);
  if (proof.state === "failed") return { ...proof, state: "failed", ending: proof.ending ?? "did-not-come-back" };
  return { state: "done", ending: "done", detail: proof.detail ?? "it works" };
}

/** A restart has helped when nothing fires any more; an alert may need its time for that. */
async function findOutAlert(
  { agent }: TargetProgress,
  { ports, operation }: ActContext,
  works: FoundOut,
): Promise<FoundOut | null> {
  const open = (await ports.incidents.open(agent)).filter(isMeasured);
  if (!open.some((incident) => firingAgents(incident).includes(agent))) return { ...works, ending: "recovered" };
  const since = operation.endedAt ?? ports.clock.now();
  return ports.clock.now() - since < LIFECYCLE_LIMITS.clearMs
    ? null
    : bad("did-not-help", "it works, and its alert still fires");
}
