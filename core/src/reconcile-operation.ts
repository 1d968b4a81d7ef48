import type { ActCommand, CommandDefinition, FoundOut, Ports } from "./command.ts";
import { isFailure } from "./domain/failure.ts";
import type { Operation, TargetProgress } from "./domain/operation.ts";
import { overallEnding, overallError } from "./operation-course.ts";
import type { AuditEntry } from "./ports/audit-log.ts";

/** As long as agents and supervisors keep their ledgers: later nobody can tell any more. */
export const LEDGERS_KEEP_MS = 24 * 3600 * 1000;

/** What was found out about an operation that had ended as unknown. */
export interface Reconciled {
  readonly operation: Operation;
  readonly audit: AuditEntry;
}

/**
 * Asks what became of agents whose outcome is not known, and writes the truth into the operation. It only looks: nothing is
 * done again.
 * @returns null if nothing new is known
 */
export async function reconcileOperation(
  operation: Operation,
  deps: { readonly ports: Ports; readonly commands: readonly CommandDefinition[] },
): Promise<Reconciled | null> {
  const command = deps.commands.find(({ name }) => name === operation.command);
  const findOut = command?.kind === "act" ? command.findOut : undefined;
  const now = deps.ports.clock.now();
  if (findOut === undefined || now - (operation.endedAt ?? now) > LEDGERS_KEEP_MS) return giveUp(operation, now);
  const targets = await Promise.all(
    operation.targets.map(async (target) => {
      const found = target.ending === "unknown" ? await ask(target, findOut, { operation, ...deps }) : null;
      return found === null ? target : learn(target, found);
    }),
  );
  if (targets.every((target, index) => target === operation.targets[index])) return null;
  const isKnown = targets.every(({ ending }) => ending !== "unknown");
  return reconciled(operation, { targets, ...outcomeOf(operation, targets), ...(isKnown && { knownAt: now }) });
}

/** Somebody who acts on it now changes what would be found; it is asked when they are done. */
async function ask(
  target: TargetProgress,
  findOut: NonNullable<ActCommand["findOut"]>,
  { operation, ports, commands }: { operation: Operation; ports: Ports; commands: readonly CommandDefinition[] },
): Promise<FoundOut | null> {
  try {
    const others = await ports.operations.list({ running: true, agent: target.agent, limit: 1 });
    return others.length > 0 ? null : await findOut(target, { ports, operation, commands });
  } catch (error) {
    if (!isFailure(error)) throw error;
    return null;
  }
}

/** The stage of which nobody knew what became of it says what was found out. */
function learn(target: TargetProgress, found: FoundOut): TargetProgress {
  const at = Math.max(
    0,
    target.stages.findLastIndex((stage) => stage.state === "failed"),
  );
  const said = { state: found.state, detail: found.detail ?? null, error: found.error ?? null };
  const stages = target.stages.map((stage, index) => (index === at ? { ...stage, ...said } : stage));
  return { ...target, ending: found.ending, stages };
}

/** How one that was cancelled or stopped ended as a whole does not change. */
function outcomeOf({ ending, error }: Operation, targets: readonly TargetProgress[]) {
  if (ending !== "unknown" && ending !== "partly") return { ending, error };
  return { ending: overallEnding(targets), error: overallError(targets) };
}

function giveUp(operation: Operation, now: number): Reconciled {
  const why = operation.error === null ? "" : `${operation.error}. `;
  return reconciled(operation, { knownAt: now, error: `${why}Nobody can tell any more: look at it yourself.` });
}

function reconciled(before: Operation, change: Partial<Operation>): Reconciled {
  const operation = { ...before, ...change };
  const { id, actor, door, command, reason, requestId, targets } = operation;
  const asked = before.targets.filter(({ ending }) => ending === "unknown").map(({ agent }) => agent);
  const found = targets.filter(({ agent, ending }) => asked.includes(agent) && ending !== "unknown");
  return {
    operation,
    audit: {
      ...{ event: "outcome", action: "found-out", actor: actor.id, door, command, targets: asked, decision: null },
      ...{ rule: null, reason, operationId: id, requestId },
      detail: {
        ...{ was: before.ending, ending: operation.ending, error: operation.error },
        targets: found.map(({ agent, ending }) => ({ agent, ending })),
      },
    },
  };
}
