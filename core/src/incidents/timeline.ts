import { type Incident, type IncidentAlert, isMeasured } from "../domain/incident.ts";
import { isEnded, type Operation } from "../domain/operation.ts";
import { listed, plain, unmarked } from "../fleet-words.ts";
import type { Delivery } from "../ports/incident-records.ts";
import { wholeDuration } from "../whole-duration.ts";
import type { IncidentStory } from "./gather-incident.ts";
import { isWork, nameOf, operationWhat } from "./incident-words.ts";

/** What happens in the course of an incident. */
export const TIMELINE_KINDS = [
  ...(["opened", "heard", "joined", "left", "taken", "ordered", "done", "note", "closed", "ended"] as const),
] as const;

/** One moment of an incident. */
export interface TimelineEntry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: (typeof TIMELINE_KINDS)[number];
  /** One sentence without its time. */
  readonly words: string;
  /** Agents that it is about; none: the incident as a whole. */
  readonly agents: readonly string[];
  /** Name of whoever did it; null: nobody, it happened. */
  readonly by: string | null;
  /** `op-481`, `note-3`; null: it is not written down elsewhere. */
  readonly ref: string | null;
}

type Told = Pick<IncidentStory, "incident" | "deliveries" | "operations" | "notes">;

/** Everything that is known of an incident in the order in which it happened. */
export function timelineOf(story: Told): TimelineEntry[] {
  const { incident, deliveries } = story;
  return [
    ...beginnings(incident, deliveries),
    ...heardFirst(incident, deliveries),
    ...takenBy(incident),
    ...story.operations.filter(isWork).flatMap(operationEntries),
    ...story.notes.map(({ id, at, text, by }) =>
      entry("note", { at, words: unmarked(text.replaceAll(/\s+/g, " "), 2000), by: by.name, ref: id }),
    ),
    ...endings(incident, deliveries),
    ...closedBy(incident),
  ].toSorted((one, other) => one.at - other.at || rank(one) - rank(other));
}

const rank = ({ kind }: TimelineEntry): number => TIMELINE_KINDS.indexOf(kind);

const entry = (
  kind: TimelineEntry["kind"],
  rest: Pick<TimelineEntry, "at" | "words"> & Partial<TimelineEntry>,
): TimelineEntry => ({ agents: [], by: null, ref: null, ...rest, kind });

/** An alert of the group that began then. */
interface Begun {
  readonly startsAt: number;
  readonly alert: IncidentAlert | undefined;
}

/** Each start of each alert, once; what Alertmanager told earlier of an alert that began anew is known by its deliveries only. */
function begun({ alerts }: Incident, deliveries: readonly Delivery[]): Begun[] {
  const known = new Map(alerts.map((alert) => [alert.fingerprint, alert]));
  const starts = new Map<string, Begun>();
  for (const { fingerprint, startsAt } of [...deliveries, ...alerts])
    starts.set(`${fingerprint} ${startsAt}`, { startsAt, alert: known.get(fingerprint) });
  return [...starts.values()];
}

function beginnings(incident: Incident, deliveries: readonly Delivery[]): TimelineEntry[] {
  const byMoment = Map.groupBy(begun(incident, deliveries), ({ startsAt }) => Math.max(startsAt, incident.openedAt));
  return [...byMoment].map(([at, same]) => {
    const agents = agentsIn(same.map(({ alert }) => alert));
    if (at > incident.openedAt) return entry("joined", { at, agents, words: `${named(agents)} fires, too` });
    const by = incident.openedBy?.name ?? null;
    return entry("opened", { at, agents, by, words: openedWords(incident, agents) });
  });
}

const openedWords = (incident: Incident, agents: readonly string[]): string =>
  [
    `${nameOf(incident)} ${isMeasured(incident) ? "begins" : "was opened by hand"}`,
    ...(agents.length === 0 ? [] : [named(agents)]),
  ].join(": ");

const named = (agents: readonly string[]): string =>
  agents.length === 0
    ? "an alert"
    : listed(
        agents.map((agent) => plain(agent, 63)),
        5,
      );

const agentsIn = (alerts: readonly (IncidentAlert | undefined)[]): string[] => [
  ...new Set(alerts.map((alert) => alert?.agent ?? null).filter((agent) => agent !== null)),
];

function heardFirst(incident: Incident, deliveries: readonly Delivery[]): TimelineEntry[] {
  const at = heardAt(deliveries);
  if (at === null || !isMeasured(incident)) return [];
  const after = wholeDuration((at - incident.openedAt) / 1000);
  return [entry("heard", { at, words: `Alertmanager tells of it, ${after} after it began` })];
}

/** When a control service heard first that something fires, ms; null: it heard of the end only, or nothing. */
export function heardAt(deliveries: readonly Delivery[]): number | null {
  const [first] = deliveries.filter(({ status }) => status === "firing").toSorted((a, b) => a.heardAt - b.heardAt);
  return first?.heardAt ?? null;
}

function takenBy({ acknowledgedBy, acknowledgedAt, acknowledgedHow, openedAt }: Incident): TimelineEntry[] {
  if (acknowledgedBy === null || acknowledgedAt === null) return [];
  const how = acknowledgedHow === null ? "" : `, ${plain(acknowledgedHow, 40)}`;
  const after = wholeDuration((acknowledgedAt - openedAt) / 1000);
  const words = `taken by ${unmarked(acknowledgedBy.name, 60)}${how}, after ${after}`;
  return [entry("taken", { at: acknowledgedAt, words, by: acknowledgedBy.name })];
}

function operationEntries(operation: Operation): TimelineEntry[] {
  const { id, createdAt, endedAt, startedAt, ending, error, actor, reason, incidentId } = operation;
  const what = operationWhat(operation);
  const agents = operation.targets.map(({ agent }) => agent).filter((agent) => agent !== incidentId);
  const why = reason === null ? "" : `: ${unmarked(reason, 200)}`;
  const ordered = { at: createdAt, words: `${what} ordered by ${unmarked(actor.name, 60)} (${id})${why}` };
  const first = entry("ordered", { ...ordered, agents, by: actor.name, ref: id });
  if (!isEnded(operation) || endedAt === null || ending === null) return [first];
  const took = wholeDuration((endedAt - (startedAt ?? createdAt)) / 1000);
  const wrong = error === null ? "" : `: ${unmarked(error, 200)}`;
  const words = `${what} ${ending.replaceAll("-", " ")} after ${took} (${id})${wrong}`;
  return [first, entry("done", { at: endedAt, words, agents, ref: id })];
}

/** Agents that recovered before the others, and the end of all. */
function endings(incident: Incident, deliveries: readonly Delivery[]): TimelineEntry[] {
  const { alerts, resolvedAt, openedAt, closed } = incident;
  const current = new Map(alerts.map((alert) => [alert.fingerprint, alert]));
  const ends = deliveries
    .filter(({ status }) => status === "resolved")
    .map(({ fingerprint, startsAt, heardAt: heard }) => {
      const alert = current.get(fingerprint);
      // Of an alert that has begun anew since, only when its first end was told is known.
      return { alert, at: alert?.startsAt === startsAt ? (alert.endedAt ?? heard) : heard };
    })
    .filter(({ at }) => resolvedAt === null || at < resolvedAt);
  const left = [...Map.groupBy(ends, ({ at }) => at)].map(([at, same]) => {
    const agents = agentsIn(same.map(({ alert }) => alert));
    return entry("left", { at, agents, words: `${named(agents)} fires no more` });
  });
  if (resolvedAt === null || closed !== undefined) return left;
  const words = `over after ${wholeDuration((resolvedAt - openedAt) / 1000)}`;
  return [...left, entry("ended", { at: resolvedAt, words })];
}

function closedBy({ closed, resolvedAt, openedAt }: Incident): TimelineEntry[] {
  if (closed === undefined || resolvedAt === null) return [];
  const after = wholeDuration((resolvedAt - openedAt) / 1000);
  const helped = closed.helped === null ? "" : `; helped: ${unmarked(closed.helped, 500)}`;
  const words = `closed by ${unmarked(closed.by.name, 60)} after ${after}: ${unmarked(closed.cause, 500)}${helped}`;
  return [entry("closed", { at: resolvedAt, words, by: closed.by.name })];
}
