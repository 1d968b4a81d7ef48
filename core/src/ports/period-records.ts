import type { Incident } from "../domain/incident.ts";
import type { Operation } from "../domain/operation.ts";
import type { Period } from "../domain/period.ts";

/** An alert group as a report tells it. */
export interface PastAlert
  extends Pick<Incident, "id" | "alertname" | "criticality" | "openedAt" | "resolvedAt" | "acknowledgedAt"> {
  /** At most five. */
  readonly agents: readonly string[];
  readonly acknowledgedBy: Pick<Operation["actor"], "id" | "name"> | null;
}

/** An operation as a report tells it. */
export interface PastOperation
  extends Pick<Operation, "id" | "command" | "ending" | "createdAt" | "startedAt" | "endedAt"> {
  /** At most five of `agentCount`. */
  readonly agents: readonly string[];
  readonly agentCount: number;
  readonly actor: Pick<Operation["actor"], "id" | "name">;
}

/** A restart of one agent that was carried out. */
export interface PastRestart {
  readonly agent: string;
  readonly helped: boolean;
  /** null: no stage of it has ended. */
  readonly seconds: number | null;
}

/** The newest of what there was, and how many there were. */
export interface Past<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
}

/** What was written down in a stretch of time. Each throws Failure "unavailable". */
export interface PeriodRecords {
  /** Alert groups that fired at any time of the period, also those that began before it. */
  alerts(period: Period): Promise<Past<PastAlert>>;
  /** Operations that were accepted in the period. */
  operations(period: Period): Promise<Past<PastOperation>>;
  restarts(period: Period): Promise<readonly PastRestart[]>;
  /** Refused wishes by the rule that refused them, the most first. */
  refusals(period: Period): Promise<readonly { readonly rule: string; readonly count: number }[]>;
}
