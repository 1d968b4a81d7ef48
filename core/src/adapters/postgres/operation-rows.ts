import type { Actor, Door } from "../../domain/actor.ts";
import type { Approval } from "../../domain/approval.ts";
import type { Bulk, Ending, Operation, OperationState, TargetProgress } from "../../domain/operation.ts";

/** Columns of `operations` that make an Operation, in the order in which they are named everywhere. */
export const OPERATION_COLUMNS = `id, command, input, actor, door, reason, request_id, traceparent, correlation_id, customer_id, state, ending, error, targets, incident,
  created_at, started_at, ended_at, usual_seconds, earlier_runs, revision, approval, forced, bulk, known_at,
  undone_by, undo_closed_at, typed`;

/** A row of `operations` as pg reads it. */
export interface OperationRow {
  readonly id: string;
  readonly command: string;
  readonly input: unknown;
  readonly actor: Actor;
  readonly door: Door;
  readonly reason: string | null;
  readonly request_id: string;
  readonly traceparent: string | null;
  readonly correlation_id: string | null;
  readonly customer_id: string | null;
  readonly state: OperationState;
  readonly ending: Ending | null;
  readonly error: string | null;
  readonly targets: readonly TargetProgress[];
  readonly incident: string | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly usual_seconds: number | null;
  readonly earlier_runs: number;
  readonly revision: number;
  readonly approval: Approval | null;
  readonly forced: boolean;
  readonly bulk: Bulk | null;
  readonly known_at: Date | null;
  readonly undone_by: string | null;
  readonly undo_closed_at: Date | null;
  readonly typed: string | null;
}

/** The operation that a row holds. */
export const toOperation = (row: OperationRow): Operation => ({
  id: `op-${row.id}`,
  command: row.command,
  input: row.input,
  actor: row.actor,
  door: row.door,
  reason: row.reason,
  requestId: row.request_id,
  ...(row.traceparent !== null && {
    origin: { traceparent: row.traceparent, correlationId: row.correlation_id, customerId: row.customer_id },
  }),
  state: row.state,
  ending: row.ending,
  error: row.error,
  targets: row.targets,
  incidentId: row.incident === null ? null : `inc-${row.incident}`,
  createdAt: row.created_at.getTime(),
  startedAt: toMillis(row.started_at),
  endedAt: toMillis(row.ended_at),
  usualSeconds: row.usual_seconds,
  earlierRuns: row.earlier_runs,
  revision: row.revision,
  ...(row.approval !== null && { approval: row.approval }),
  ...(row.forced && { force: true }),
  ...(row.typed !== null && { typed: row.typed }),
  ...(row.bulk !== null && { bulk: row.bulk }),
  ...(row.known_at !== null && { knownAt: row.known_at.getTime() }),
  ...(row.undone_by !== null && { undoneBy: `op-${row.undone_by}` }),
  ...(row.undo_closed_at !== null && { undoClosed: true as const }),
});

/** Milliseconds since the epoch of a time that may not be there. */
export const toMillis = (at: Date | null): number | null => at?.getTime() ?? null;
/** A parameter for `timestamptz`. */
export const toDate = (at: number | null): Date | null => (at === null ? null : new Date(at));

/**
 * Number of a row that people see as `op-481`, `inc-7` or `req-31`.
 * @returns null if the text is not such an id
 */
export function rowNumber(kind: "op" | "inc" | "req" | "bg" | "plan" | "note", id: string): string | null {
  const digits = new RegExp(`^${kind}-([1-9]\\d{0,17})$`).exec(id)?.[1];
  return digits ?? null;
}

/** Text as PostgreSQL can hold it: U+0000 becomes its picture, half a surrogate pair the replacement character. */
export const toText = (text: string): string => text.replaceAll("\0", "␀").toWellFormed();

/** JSON as PostgreSQL can hold it, so that whatever was typed can be written down. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "string") return toText(part);
    if (part === null || typeof part !== "object" || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([name, content]) => [toText(name), content]));
  });
