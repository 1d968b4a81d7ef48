import type { ActContext, Ports } from "./command.ts";
import { type AuditEntry, auditEntry } from "./domain/audit.ts";
import type { Operation } from "./domain/operation.ts";
import type { Block, Lift } from "./ports/policy-rules.ts";

const MARK = "person:";
/** What a change of somebody's rights works on: it is locked while that runs, and is no agent of that name. */
export const personSubject = (id: string): string => `${MARK}${id}`;
/** Id of the person in a subject. */
export const personOfSubject = (subject: string): string => subject.slice(MARK.length);

/** What stands for one person beside their role. */
export interface Standing {
  readonly block: Block | null;
  readonly lift: Lift | null;
}

/** Asked of PostgreSQL itself, so that a change is judged by what stands and not by what was known a second ago. */
export async function standingOf(person: string, { overrides }: Pick<Ports, "overrides">): Promise<Standing> {
  const { blocks, lifts } = await overrides.open();
  return {
    block: blocks.find((one) => one.person === person) ?? null,
    lift: lifts.find((one) => one.person === person) ?? null,
  };
}

/** Whether it is this operation's own work, done before a crash. */
export const isOwnWork = (stands: Block | Lift | null, { actor, startedAt }: Operation, reason: string): boolean =>
  stands !== null &&
  stands.since !== null &&
  stands.since >= (startedAt ?? Number.POSITIVE_INFINITY) &&
  stands.by === actor.name &&
  stands.reason === reason;

/** The row of a change: who, whom, why, and how it was and is. */
export function accessEntry(
  { operation }: Pick<ActContext, "operation">,
  change: { action: string; person: string; before: unknown; after: unknown },
): AuditEntry {
  const { id, actor, door, command, reason, requestId, approval } = operation;
  const { action, person, before, after } = change;
  return auditEntry({
    ...{ event: "access", action, actor: actor.id, door, command, targets: [person], decision: "allowed", reason },
    ...{ requestId, operationId: id, before, after },
    detail: { role: actor.role, ...(approval === undefined ? {} : { approvedBy: approval.by }) },
  });
}
