import { apiRequest } from "@rollcall/core/approval-contract.ts";
import type { Ports } from "@rollcall/core/command.ts";
import type { ApprovalRequest } from "@rollcall/core/domain/approval.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import type { Incident } from "@rollcall/core/domain/incident.ts";
import { isEnded, type Operation } from "@rollcall/core/domain/operation.ts";
import type { LiveTopic } from "@rollcall/core/live-contract.ts";
import { viewIncident } from "@rollcall/core/view-incident.ts";
import { viewOperation } from "@rollcall/core/view-operation.ts";
import type { Hub } from "./hub.ts";
import type { Draft } from "./ring.ts";
import { watchAgents } from "./watch-agents.ts";

/** What is read again and again for all clients together; each compares with what it saw before and tells the difference. */
export interface Sources {
  readonly agents: () => Promise<unknown>;
  readonly operations: () => Promise<unknown>;
  readonly incidents: () => Promise<unknown>;
  readonly requests: () => Promise<unknown>;
  readonly logs: () => Promise<unknown>;
}

type SourcePorts = Pick<
  Ports,
  "operations" | "incidents" | "askedSilences" | "requests" | "bus" | "registry" | "supervisor" | "clock" | "logs"
>;

/** Each function is one look. @throws Failure "unavailable"; clients are told, once, and when it is back */
export function createSources(ports: SourcePorts, hub: Pick<Hub, "publish">): Sources {
  const agents = watchAgents(ports);
  const operations = guarded("operations", { hub, look: operationChanges(ports) });
  return {
    agents: guarded("agents", { hub, look: agents.all }),
    async operations() {
      const targets = targetsOf(await operations());
      // They are told within one round of this look, and need not wait for that at the whole fleet. What is not seen now comes with the next look at the whole fleet, which also says if that cannot be seen.
      const changes = await agents.these(targets).catch(() => []);
      for (const change of changes) hub.publish(change);
    },
    incidents: guarded("incidents", { hub, look: incidentChanges(ports) }),
    requests: guarded("requests", { hub, look: requestChanges(ports.requests) }),
    logs: guarded("logs", { hub, look: linesTaken(ports) }),
  };
}

/** Changes since the look before; null at the first look, which only learns how things are. */
type Look = () => Promise<readonly Draft[] | null>;

interface Watched {
  readonly hub: Pick<Hub, "publish">;
  readonly look: Look;
}

/** @returns a look that tells what it finds, and returns that */
function guarded(topic: LiveTopic, { hub, look }: Watched): () => Promise<readonly Draft[]> {
  let away = false;
  const tell = (state: "away" | "back", detail: string | null): void => {
    if (away !== (state === "away")) hub.publish({ type: "source", topic, state, detail });
    away = state === "away";
  };
  return async () => {
    try {
      const changes = await look();
      tell("back", null);
      for (const change of changes ?? [firstLook(topic)]) hub.publish(change);
      return changes ?? [];
    } catch (error) {
      tell("away", isFailure(error) ? error.message : null);
      throw error;
    }
  };
}

/** An order over more of them is followed by the look at the whole fleet. */
const MOST_TARGETS = 50;

function targetsOf(changes: readonly Draft[]): ReadonlySet<string> {
  const operations = changes.flatMap((draft) => (draft.type === "operation" ? [draft.operation] : []));
  const targets = new Set(operations.flatMap((operation) => operation.targets.map(({ agent }) => agent)));
  return targets.size > MOST_TARGETS ? new Set() : targets;
}

/** Whoever came before the first look may have read a list that is older than it. */
const firstLook = (topic: LiveTopic): Draft => ({ type: "gap", topics: [topic], reason: "first-look", missed: null });

/** New rows read at once; more of them between two looks (250 ms) are told as a gap. */
const NEWEST = 50;
const OPEN = 200;

/** Rows that are numbered as they come, and end. */
interface Numbered<Row> {
  readonly topic: LiveTopic;
  readonly open: () => Promise<readonly Row[]>;
  readonly newest: () => Promise<readonly Row[]>;
  readonly find: (id: string) => Promise<Row | null>;
  readonly isOpen: (row: Row) => boolean;
  readonly tell: (row: Row) => Draft;
}

const operationChanges = ({ operations: { list, find }, clock }: Pick<Ports, "operations" | "clock">): Look =>
  numberedChanges<Operation>({
    topic: "operations",
    open: () => list({ running: true, limit: OPEN }),
    newest: () => list({ limit: NEWEST }),
    find,
    isOpen: (row) => !isEnded(row),
    tell: (row) => ({ type: "operation", topic: "operations", operation: viewOperation(row, clock.now()) }),
  });

const requestChanges = ({ list, find }: Ports["requests"]): Look =>
  numberedChanges<ApprovalRequest>({
    topic: "requests",
    open: () => list({ waiting: true, limit: OPEN }),
    newest: () => list({ limit: NEWEST }),
    find,
    isOpen: ({ state }) => state === "waiting",
    tell: (row) => ({ type: "request", topic: "requests", request: apiRequest.parse(row) }),
  });

function numberedChanges<Row extends { id: string; revision: number }>(rowsOf: Numbered<Row>): Look {
  let open: Map<string, number> | null = null;
  let highest = 0;
  return async () => {
    const [unended, newest] = await Promise.all([rowsOf.open(), rowsOf.newest()]);
    const known = open;
    const last = highest;
    const rows = new Map([...unended, ...newest].map((row) => [row.id, row]));
    const vanished = known === null ? [] : [...known.keys()].filter((id) => !rows.has(id));
    for (const row of await Promise.all(vanished.map((id) => rowsOf.find(id)))) if (row) rows.set(row.id, row);
    // Only now is it seen: a look that fails is repeated whole.
    const all = [...rows.values()].toSorted((a, b) => numberOf(a.id) - numberOf(b.id));
    highest = Math.max(last, ...all.map(({ id }) => numberOf(id)));
    open = new Map(all.filter(rowsOf.isOpen).map(({ id, revision }) => [id, revision]));
    if (known === null) return null;
    const changed = all.filter(
      ({ id, revision }) => known.get(id) !== revision && (known.has(id) || numberOf(id) > last),
    );
    const tooMany = newest.length === NEWEST && newest.every(({ id }) => numberOf(id) > last);
    return [...(tooMany ? [tooManyOf(rowsOf.topic)] : []), ...changed.map(rowsOf.tell)];
  };
}

const tooManyOf = (topic: LiveTopic): Draft => ({ type: "gap", topics: [topic], reason: "too-many", missed: null });
/** 481 of `op-481`. */
const numberOf = (id: string): number => Number(id.slice(id.indexOf("-") + 1));

function incidentChanges({ incidents, askedSilences }: Pick<Ports, "incidents" | "askedSilences">): Look {
  let known: Map<string, number> | null = null;
  return async () => {
    const open = await incidents.open();
    const ids = new Set(open.map(({ id }) => id));
    const gone = await Promise.all(
      [...(known?.keys() ?? [])].filter((id) => !ids.has(id)).map((id) => incidents.find(id)),
    );
    const before = known;
    known = new Map(open.map(({ id, revision }) => [id, revision]));
    if (before === null) return null;
    // After the incidents: a silence that came meanwhile changes their revisions, and they are told again.
    const silences = (await askedSilences?.open()) ?? [];
    const changed = open.filter(({ id, revision }) => before.get(id) !== revision);
    return [...changed, ...gone.filter((incident): incident is Incident => incident !== null)].map((incident) => ({
      type: "incident" as const,
      topic: "incidents" as const,
      incident: viewIncident(incident, silences),
    }));
  };
}

/** While nobody follows nobody looks, and what came meanwhile is not counted. */
const RESTED_MS = 5_000;

/** That lines were taken in, not which: who follows asks for those they show. */
function linesTaken({ logs }: Pick<Ports, "logs">): Look {
  let known: number | null = null;
  let lookedAt = 0;
  return async () => {
    if (logs === undefined) return [];
    const now = performance.now();
    if (known === null || now - lookedAt > RESTED_MS) {
      known = await logs.newest();
      lookedAt = now;
      return null;
    }
    const { newest, counts } = await logs.taken(known);
    const isNew = newest > known;
    [known, lookedAt] = [newest, now];
    return isNew ? [{ type: "logs", topic: "logs", newest: String(newest), counts }] : [];
  };
}
