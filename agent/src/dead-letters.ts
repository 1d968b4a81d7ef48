import type { Keys } from "@rollcall/core/protocol/keys.ts";
import type { Redis } from "ioredis";
import { persist } from "./persist.ts";

/** Dead-letter streams are bounded like topic streams. */
const STREAM_LENGTH = 10_000;
// An oversized body is not worth its memory twice; its beginning shows where it came from.
const KEPT_OF_OVERSIZED = 1024;
const MOST_BYTES = 300 * 1024;

export interface DeadLetter {
  readonly topic: string;
  /** Id of the entry on the topic stream. */
  readonly id: string;
  /** Body as it came; missing if the entry had none. */
  readonly body: string | undefined;
  readonly reason: string;
  readonly attempts: number;
}

/** Parks what cannot be handled, with the reason, until Redis has taken it. */
export function createDeadLetters(parts: { control: Redis; keys: Keys; agent: string; signal: AbortSignal }) {
  const write = createWriter(parts.control);
  return async ({ topic, id, body = "", reason, attempts }: DeadLetter): Promise<void> => {
    const kept = Buffer.byteLength(body) > MOST_BYTES ? body.slice(0, KEPT_OF_OVERSIZED) : body;
    const fields = { e: kept, id, group: parts.agent, reason: reason.slice(0, 500), attempts: String(attempts) };
    await persist(() => write(parts.keys.deadLetters(topic), Object.entries(fields).flat()), parts.signal);
  };
}

interface Waiting {
  readonly stream: string;
  readonly fields: readonly string[];
  readonly done: PromiseWithResolvers<void>;
}

/** Writes what comes in one turn of one topic in one packet: a flood of what is no event must not hold up its good neighbours. */
function createWriter(control: Redis) {
  let waiting: Waiting[] = [];
  const flush = () => {
    const batches = Map.groupBy(waiting, ({ stream }) => stream);
    waiting = [];
    for (const [stream, batch] of batches) void write(stream, batch);
  };
  const write = async (stream: string, batch: readonly Waiting[]) => {
    const pipeline = control.pipeline();
    for (const { fields } of batch) pipeline.xadd(stream, "MAXLEN", "~", STREAM_LENGTH, "*", ...fields);
    const lost = new Error("Redis did not answer");
    const outcomes = await pipeline.exec().catch((error: Error) => batch.map(() => [error] as const));
    for (const [index, { done }] of batch.entries()) {
      const error = outcomes === null ? lost : (outcomes[index] ?? [lost])[0];
      if (error === null) done.resolve();
      else done.reject(error);
    }
  };
  return (stream: string, fields: readonly string[]): Promise<void> => {
    const done = Promise.withResolvers<void>();
    waiting.push({ stream, fields, done });
    if (waiting.length === 1) queueMicrotask(flush);
    return done.promise;
  };
}
export type Park = ReturnType<typeof createDeadLetters>;
