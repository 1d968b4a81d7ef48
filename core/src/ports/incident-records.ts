import type { Closing, Incident, IncidentNote, IncidentPerson } from "../domain/incident.ts";
import type { Operation } from "../domain/operation.ts";
import type { CRITICALITIES } from "../protocol.ts";

/** Which incidents of the past, and of now, are wanted. */
export interface IncidentSearch {
  /** Those that fire, and those that ended since then; ms since the epoch. */
  readonly since: number;
  /** Stands in the name of its alert, in an agent's id or in what people wrote; or is its id. Empty: all. */
  readonly text: string;
  readonly limit: number;
  readonly offset: number;
}

/** One thing that Alertmanager told of an incident: an alert of it began, or ended. */
export interface Delivery {
  readonly fingerprint: string;
  readonly status: "firing" | "resolved";
  /** When the alert began, ms since the epoch. */
  readonly startsAt: number;
  /** When a control service heard of it, ms since the epoch. */
  readonly heardAt: number;
}

/** What somebody opens by hand. */
export interface ByHand {
  readonly what: string;
  readonly agents: readonly string[];
  readonly criticality: (typeof CRITICALITIES)[number];
  readonly by: IncidentPerson;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  /** The operation that does it; of one operation there is one incident. */
  readonly operation: string;
}

/** How incidents of one severity went, those that ended. */
export interface Recovery {
  readonly criticality: (typeof CRITICALITIES)[number];
  readonly count: number;
  /** Median from the beginning to the end. */
  readonly seconds: number;
}

/** What is known of incidents beside what fires: their course, and what people wrote. Each throws Failure "unavailable". */
export interface IncidentRecords {
  /** Those that fire first, worst first; then the newest end first. `total`: how many fit. */
  search(wanted: IncidentSearch): Promise<{ readonly rows: readonly Incident[]; readonly total: number }>;
  /** How those went that ended since then, worst severity first. */
  recoveries(since: number): Promise<readonly Recovery[]>;
  /** What was done from these incidents' cards, oldest first; at most 50 of each. */
  operations(ids: readonly string[]): Promise<ReadonlyMap<string, readonly Operation[]>>;
  /** In the order in which it was heard; at most 500. */
  deliveries(id: string): Promise<readonly Delivery[]>;
  /** Oldest first; at most 500. */
  notes(id: string): Promise<readonly IncidentNote[]>;
  findNote(id: string): Promise<IncidentNote | null>;
  /** Writes a note down, once for each operation. */
  note(note: Pick<IncidentNote, "incident" | "text" | "by"> & { readonly operation: string }): Promise<IncidentNote>;
  /** Opens one, once for each operation. */
  open(wanted: ByHand): Promise<Incident>;
  /** Ends one that was opened by hand. @returns false if it has ended, or rules decide about it */
  close(id: string, closing: Closing): Promise<boolean>;
}
