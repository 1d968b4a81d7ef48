import { setImmediate as turn } from "node:timers/promises";
import type { Redis } from "ioredis";
import { BLOCK_MS } from "./connection.ts";
import type { Delivery, Entry } from "./deliver.ts";
import { type Log, messageOf } from "./log.ts";
import { backoffMs, ensureGroup, isMissingGroup, pause, untilReady } from "./persist.ts";

/** Entries of one topic that an agent holds at most; what is not yet read is the bus' backlog, and counted there. */
const PREFETCH = 16;
const PAGE = 100;
/** Entries that are read at once while hardly any is an event, so that a flood of them holds up the next good one less. */
const FLOOD_PAGE = 128;
/** One of so many may be an event, and it is a flood all the same. */
const FLOOD_SHARE = 8;
/** One page is read while another is parked: on a busy machine each way to Redis and back takes its time. */
const MOST_PARKING = 2 * FLOOD_PAGE;
const ROOM = { working: PREFETCH, parking: MOST_PARKING };
/** Larger ones are read a few at a time even then. */
const SMALL_CHARACTERS = 16_384;

export interface TopicReaderParts {
  /** A connection of its own: its reads block. */
  readonly reader: Redis;
  readonly control: Redis;
  readonly stream: string;
  readonly agent: string;
  readonly delivery: Delivery;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Resolves when new work may be taken. */
  opened(signal: AbortSignal): Promise<void>;
}

// A second process with this agent's id shares its consumer until it notices that it is fenced, at its next beat. What
// it took and left behind shows as pending here, and idle for longer than that.
const SWEEP_MS = 10_000;

/**
 * Reads one topic stream into the work loop until the signal aborts: group and consumer are the agent's id, first what
 * an earlier process left pending, then what is new. Every failure of Redis ends in another try.
 */
export async function readTopic(parts: TopicReaderParts): Promise<void> {
  const { signal, reader } = parts;
  let sweptAt = Number.NEGATIVE_INFINITY;
  let isFlood = false;
  for (let failures = 0; !signal.aborted; ) {
    try {
      await untilReady(reader, signal);
      await parts.opened(signal);
      if (performance.now() - sweptAt > SWEEP_MS) {
        await recover(parts, Number.isFinite(sweptAt) ? SWEEP_MS : 0);
        sweptAt = performance.now();
      }
      isFlood = await readOnce(parts, isFlood);
      failures = 0;
    } catch (error) {
      sweptAt = Number.NEGATIVE_INFINITY;
      if (failures === 0) explain(parts, error);
      reconnectIfSilent(reader, error);
      await pause(backoffMs(failures), signal);
      failures += 1;
    }
  }
}

/** @returns whether hardly any of what waits is an event */
async function readOnce(parts: TopicReaderParts, wasFlood: boolean): Promise<boolean> {
  const { delivery, signal } = parts;
  await delivery.room(ROOM);
  // Handlers that wait for nothing have all ended by then, so that a page is read and not one entry for each that is done.
  await turn();
  if (signal.aborted) return false;
  const count = wasFlood ? FLOOD_PAGE : PREFETCH - delivery.size();
  const entries = await readNew(parts, count);
  const before = delivery.size();
  for (const entry of entries) delivery.take(entry);
  const events = delivery.size() - before;
  const isFlood = entries.length >= Math.max(count, FLOOD_SHARE) && events * FLOOD_SHARE <= entries.length;
  return isFlood && entries.every(({ fields }) => (fields.e ?? "").length <= SMALL_CHARACTERS);
}

function explain({ stream, log, signal }: TopicReaderParts, error: unknown): void {
  if (signal.aborted) return;
  if (isMissingGroup(error)) log.warn("the consumer group is gone; I make it again", { stream });
  else log.warn("a topic cannot be read; I keep trying", { stream, reason: messageOf(error) });
}

// After a command timed out its answer may still come: a fresh connection is the only one whose next answer is ours.
export function reconnectIfSilent(reader: Redis, error: unknown): void {
  if (messageOf(error).includes("timed out") && reader.status === "ready") reader.disconnect(true);
}

async function readNew({ reader, stream, agent }: TopicReaderParts, count: number): Promise<Entry[]> {
  const answer = await reader.xreadgroup(
    "GROUP",
    agent,
    agent,
    "COUNT",
    count,
    "BLOCK",
    BLOCK_MS,
    "STREAMS",
    stream,
    ">",
  );
  return parseEntries(answer);
}

type PendingRow = [id: string, consumer: string, idleMs: number, deliveries: number];

/**
 * Takes up what was delivered to this agent, is not in hand and never acknowledged.
 * Only those are claimed: reading all pending ones again would count a delivery for each that only waits its turn.
 */
async function recover(parts: TopicReaderParts, minIdleMs: number): Promise<void> {
  const { control, stream, agent, delivery, signal } = parts;
  await ensureGroup(control, stream, agent);
  for (let from = "-"; !signal.aborted; ) {
    const rows = (await control.xpending(stream, agent, "IDLE", minIdleMs, from, "+", PAGE, agent)) as PendingRow[];
    const left = rows.filter(([id]) => !delivery.knows(id));
    for (const entry of await claim(parts, left)) {
      await delivery.room({ working: PAGE, parking: MOST_PARKING });
      delivery.take(entry);
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    from = `(${last[0]}`;
  }
}

async function claim({ control, stream, agent, log }: TopicReaderParts, rows: readonly PendingRow[]): Promise<Entry[]> {
  if (rows.length === 0) return [];
  const deliveries = new Map(rows.map(([id, , , count]) => [id, count + 1]));
  const claimed = await control.xclaim(stream, agent, agent, 0, ...deliveries.keys());
  const entries = parseEntries([[stream, claimed]]);
  if (entries.length < rows.length) {
    log.warn("events were trimmed away before I handled them", { stream, count: rows.length - entries.length });
  }
  return entries.map((entry) => ({ ...entry, deliveries: deliveries.get(entry.id) ?? 1 }));
}

/** Entries of the one stream in an answer to XREADGROUP; none if nothing came. */
export function parseEntries(answer: unknown): Entry[] {
  const [stream] = (answer ?? []) as [string, [string, string[] | null][]][];
  return (stream?.[1] ?? []).map(([id, list]) => ({ id, fields: toRecord(list ?? []), deliveries: 1 }));
}

function toRecord(list: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let index = 0; index + 1 < list.length; index += 2) fields[list[index] as string] = list[index + 1] as string;
  return fields;
}
