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
  return async ({ topic, id, body = "", reason, attempts }: DeadLetter): Promise<void> => {
    const kept = Buffer.byteLength(body) > MOST_BYTES ? body.slice(0, KEPT_OF_OVERSIZED) : body;
    const fields = { e: kept, id, group: parts.agent, reason: reason.slice(0, 500), attempts: String(attempts) };
    await persist(
      () =>
        parts.control.xadd(
          parts.keys.deadLetters(topic),
          "MAXLEN",
          "~",
          STREAM_LENGTH,
          "*",
          ...Object.entries(fields).flat(),
        ),
      parts.signal,
    );
  };
}
export type Park = ReturnType<typeof createDeadLetters>;
