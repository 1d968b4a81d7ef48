import type { Redis } from "ioredis";
import type { SeenEvent } from "../../ports/event-bus.ts";
import type { Keys } from "../../protocol/keys.ts";
import { readTraceparent } from "../../protocol/traceparent.ts";
import { envelope } from "../../protocol.ts";
import { resultsOf } from "./connection.ts";

/** Topics that are asked for together: each may answer with megabytes. */
const AT_ONCE = 50;

/** The newest events of each topic; what is no event is left out. */
export async function readEvents(
  redis: Redis,
  keys: Keys,
  { topics, newest }: { topics: readonly string[]; newest: number },
): Promise<SeenEvent[]> {
  const found: SeenEvent[] = [];
  for (let at = 0; at < topics.length; at += AT_ONCE) {
    const asked = topics.slice(at, at + AT_ONCE);
    const pipeline = redis.pipeline();
    for (const topic of asked) pipeline.xrevrange(keys.topic(topic), "+", "-", "COUNT", newest);
    const answers = resultsOf(await pipeline.exec()) as [id: string, fields: string[]][][];
    for (const [index, entries] of answers.entries())
      for (const [entryId, fields] of entries) {
        const event = eventOf(asked[index] as string, entryId, fields);
        if (event !== null) found.push(event);
      }
  }
  return found;
}

function eventOf(topic: string, entryId: string, fields: readonly string[]): SeenEvent | null {
  const text = fields[fields.indexOf("e") + 1];
  const parsed = envelope.safeParse(asJson(text ?? ""));
  if (!parsed.success) return null;
  const { id, source, traceparent, probe } = parsed.data;
  return {
    ...{ topic, entryId, id, source, at: Number.parseInt(entryId, 10), isProbe: probe === true },
    traceId: readTraceparent(traceparent)?.traceId ?? null,
  };
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
