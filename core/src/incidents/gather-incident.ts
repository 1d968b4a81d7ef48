import type { Ports } from "../command.ts";
import type { Change } from "../domain/change.ts";
import { Failure, isFailure } from "../domain/failure.ts";
import { agentsOf, type Incident, type IncidentNote } from "../domain/incident.ts";
import type { KeptLogLine } from "../domain/log-line.ts";
import type { Operation } from "../domain/operation.ts";
import { listed, plain } from "../fleet-words.ts";
import type { Delivery, IncidentRecords } from "../ports/incident-records.ts";
import type { ExpectedAgent } from "../protocol.ts";
import { readChanges } from "../read-changes.ts";
import { heardAt } from "./timeline.ts";

/** Everything that is known of one incident; null where it is not kept or could not be asked. */
export interface IncidentStory {
  readonly incident: Incident;
  readonly deliveries: readonly Delivery[];
  readonly operations: readonly Operation[];
  readonly notes: readonly IncidentNote[];
  /** What changed in the half hour before it began, newest first. */
  readonly changes: readonly Change[] | null;
  /** The first errors that its agents wrote, from half an hour before it began until it ended. */
  readonly errors: readonly KeptLogLine[] | null;
  /** Those of its agents that are expected. */
  readonly agents: readonly ExpectedAgent[];
  /** Address of its runbook, as the alert or fleet.yaml names it; null: neither does. */
  readonly runbook: string | null;
  readonly asOf: number;
}

export type StoryPorts = Pick<
  Ports,
  "incidents" | "incidentRecords" | "changes" | "logs" | "registry" | "clock" | "directory"
>;

/** So long before an incident its cause is looked for (ux section 1). */
export const BEFORE_MS = 30 * 60_000;
const MOST_ERRORS = 20;
const MOST_AGENTS = 20;

/** @throws Failure "unavailable" where nothing is stored */
export function recordsOf({ incidentRecords }: Pick<Ports, "incidentRecords">): IncidentRecords {
  if (incidentRecords !== undefined) return incidentRecords;
  throw new Failure("unavailable", "Incidents are not kept here: no PostgreSQL is set.");
}

/** `inc-7` of what somebody typed: `inc-7`, `INC-7`, `7`; null if it is no such id. */
export function incidentId(typed: string): string | null {
  const [, number] = /^(?:inc-)?([1-9]\d{0,14})$/.exec(typed.trim().toLowerCase()) ?? [];
  return number === undefined ? null : `inc-${number}`;
}

/** @throws Failure "not_found" with those that fire, "unavailable" */
export async function incidentNamed(typed: string, { incidents }: Pick<Ports, "incidents">): Promise<Incident> {
  const id = incidentId(typed);
  const found = id === null ? null : await incidents.find(id);
  if (found !== null) return found;
  const open = (await incidents.open()).map((one) => one.id);
  const hint = open.length === 0 ? "Nothing fires." : `Firing: ${listed(open)}.`;
  throw new Failure("not_found", `There is no incident "${plain(typed)}". ${hint} The list: incidents`, {
    ...{ found: plain(typed), allowed: open.slice(0, 5) },
  });
}

/** @throws Failure "not_found", "unavailable" */
export async function gatherIncident(typed: string, ports: StoryPorts): Promise<IncidentStory> {
  const records = recordsOf(ports);
  const incident = await incidentNamed(typed, ports);
  const { id, openedAt, resolvedAt } = incident;
  const now = ports.clock.now();
  const ids = agentsOf(incident);
  const [deliveries, operations, notes, changes, errors, fleet] = await Promise.all([
    records.deliveries(id),
    records.operations([id]),
    records.notes(id),
    known(ports.changes && readChanges(ports, { from: openedAt - BEFORE_MS, to: openedAt + 1 })),
    known(ports.logs?.search(errorsOf(ids, openedAt, resolvedAt ?? now), { limit: MOST_ERRORS, behind: null })),
    known(ports.registry.expected()),
  ]);
  const agents = (fleet?.agents ?? []).filter((agent) => ids.includes(agent.id));
  return {
    ...{ incident, deliveries, operations: operations.get(id) ?? [], notes, changes, errors, agents },
    runbook: runbookOf(incident, agents),
    asOf: now,
  };
}

const errorsOf = (ids: readonly string[], openedAt: number, until: number) => ({
  ...{ sources: ids.slice(0, MOST_AGENTS), level: "error" as const, from: openedAt - BEFORE_MS, to: until + 1 },
});

function runbookOf({ alerts }: Incident, agents: readonly ExpectedAgent[]): string | null {
  const named = alerts.find(({ annotations }) => annotations.runbook_url)?.annotations.runbook_url;
  return agents.find(({ runbook }) => runbook !== null)?.runbook ?? named ?? null;
}

/** How long it took, in seconds; null: it has not come to that, or nobody knows. */
export function timesOf({ incident, deliveries }: Pick<IncidentStory, "incident" | "deliveries">) {
  const { openedAt, acknowledgedAt, resolvedAt } = incident;
  const after = (at: number | null): number | null => (at === null ? null : Math.max(0, (at - openedAt) / 1000));
  return {
    detectedSeconds: after(heardAt(deliveries)),
    takenSeconds: after(acknowledgedAt),
    endedSeconds: after(resolvedAt),
  };
}

/** What is beside the incident itself must not hide it: a search that takes too long is not known, like a store that is away. */
async function known<Found>(asked: Promise<Found> | undefined): Promise<Found | null> {
  try {
    return (await asked) ?? null;
  } catch (error) {
    if (isFailure(error)) return null;
    throw error;
  }
}
