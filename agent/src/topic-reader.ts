import type { Redis } from "ioredis";
import { BLOCK_MS } from "./connection.ts";
import type { Delivery, Entry } from "./deliver.ts";
import { type Log, messageOf } from "./log.ts";
import { backoffMs, ensureGroup, isMissingGroup, pause, untilReady } from "./persist.ts";

/** Entries of one topic that an agent holds at most; what is not yet read is the bus' backlog, and counted there. */
const PREFETCH = 16;
const PAGE = 100;
/** Entries that are read at once while none of them is an event, so that a flood of them holds up the next good one less. */
const FLOOD_PAGE = 64;
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
  let page = PREFETCH;
  for (let failures = 0; !signal.aborted; ) {
    try {
      await untilReady(reader, signal);
      if (performance.now() - sweptAt > SWEEP_MS) {
        await recover(parts, Number.isFinite(sweptAt) ? SWEEP_MS : 0);
        sweptAt = performance.now();
      }
      page = await readOnce(parts, page);
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

/** @returns how many to read next time, if nothing is in hand */
async function readOnce(parts: TopicReaderParts, page: number): Promise<number> {
  const { delivery, signal } = parts;
  await delivery.room(PREFETCH);
  if (signal.aborted) return PREFETCH;
  const entries = await readNew(parts, page);
  // They are queued in their order at once; those that are put aside need not wait for one another.
  await Promise.all(entries.map((entry) => delivery.take(entry)));
  const isFlood = entries.length >= PREFETCH && delivery.size() === 0;
  return isFlood && entries.every(({ fields }) => (fields.e ?? "").length <= SMALL_CHARACTERS) ? FLOOD_PAGE : PREFETCH;
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

async function readNew({ reader, stream, agent, delivery }: TopicReaderParts, page: number): Promise<Entry[]> {
  const count = delivery.size() === 0 ? page : Math.max(1, PREFETCH - delivery.size());
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
      await delivery.room(PAGE);
      await delivery.take(entry);
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
