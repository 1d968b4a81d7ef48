import type { Redis } from "ioredis";
import { BLOCK_MS } from "./connection.ts";
import type { Delivery, Entry } from "./deliver.ts";
import { type Log, messageOf } from "./log.ts";
import { backoffMs, ensureGroup, isMissingGroup, pause, untilReady } from "./persist.ts";

/** Entries of one topic that an agent holds at most; what is not yet read is the bus' backlog, and counted there. */
const PREFETCH = 16;
const PAGE = 100;

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

/**
 * Reads one topic stream into the work loop until the signal aborts: group and consumer are the agent's id, first what
 * an earlier process left pending, then what is new. Every failure of Redis ends in another try.
 */
export async function readTopic(parts: TopicReaderParts): Promise<void> {
  const { signal, reader } = parts;
  let recovered = false;
  for (let failures = 0; !signal.aborted; ) {
    try {
      await readOnce(parts, recovered);
      recovered = true;
      failures = 0;
    } catch (error) {
      recovered = false;
      if (failures === 0) explain(parts, error);
      reconnectIfSilent(reader, error);
      await pause(backoffMs(failures), signal);
      failures += 1;
    }
  }
}

async function readOnce(parts: TopicReaderParts, recovered: boolean): Promise<void> {
  const { reader, delivery, signal } = parts;
  await untilReady(reader, signal);
  if (!recovered) await recover(parts);
  await delivery.room(PREFETCH);
  if (signal.aborted) return;
  for (const entry of await readNew(parts)) await delivery.take(entry);
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

async function readNew({ reader, stream, agent, delivery }: TopicReaderParts): Promise<Entry[]> {
  const count = Math.max(1, PREFETCH - delivery.size());
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

/** Takes up what was delivered to this agent and never acknowledged. */
async function recover(parts: TopicReaderParts): Promise<void> {
  const { control, stream, agent, delivery, signal } = parts;
  await ensureGroup(control, stream, agent);
  let after = "0";
  while (!signal.aborted) {
    const entries = parseEntries(
      await control.xreadgroup("GROUP", agent, agent, "COUNT", PAGE, "STREAMS", stream, after),
    );
    const last = entries.at(-1);
    if (last === undefined) return;
    const counts = await deliveries(parts, entries[0]?.id ?? "-", last.id);
    for (const entry of entries) {
      await delivery.room(PAGE);
      await delivery.take({ ...entry, deliveries: counts.get(entry.id) ?? 1 });
    }
    after = last.id;
  }
}

async function deliveries(parts: TopicReaderParts, from: string, to: string): Promise<Map<string, number>> {
  const { control, stream, agent } = parts;
  const rows = (await control.xpending(stream, agent, from, to, PAGE, agent)) as [string, string, number, number][];
  return new Map(rows.map(([id, , , count]) => [id, count]));
}

/** Entries of the one stream in an answer to XREADGROUP; none if nothing came. */
export function parseEntries(answer: unknown): Entry[] {
  const [stream] = (answer ?? []) as [string, [string, string[] | null][]][];
  return (stream?.[1] ?? []).map(([id, list]) => ({ id, fields: list && toRecord(list), deliveries: 1 }));
}

function toRecord(list: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let index = 0; index + 1 < list.length; index += 2) fields[list[index] as string] = list[index + 1] as string;
  return fields;
}
