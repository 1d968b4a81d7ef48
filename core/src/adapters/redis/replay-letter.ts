import type { Redis } from "ioredis";
import { Failure } from "../../domain/failure.ts";
import type { Replayed, ReplayOrder } from "../../ports/event-bus.ts";
import type { Keys } from "../../protocol/keys.ts";
import { envelope } from "../../protocol.ts";
import { type Row, rowOf } from "./read-topics.ts";
import { parseJson } from "./sealed-replies.ts";

/** Every new dead letter of the topic between look and step makes another try. */
const MOST_TRIES = 20;
const PAGE = 1000;

/**
 * Publishes the letter again with `onlyfor` its agent and removes it, in one MULTI; of two who try, one does it.
 * @param redis a connection that nobody else uses meanwhile
 */
export async function replayLetter(redis: Redis, keys: Keys, order: ReplayOrder): Promise<Replayed> {
  const { letter, mark } = order;
  const dead = keys.deadLetters(letter.topic);
  const stream = keys.topic(letter.topic);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    await redis.watch(dead);
    const [entry] = await redis.xrange(dead, letter.id, letter.id);
    if (entry === undefined) {
      await redis.unwatch();
      return findEarlier(redis, stream, order);
    }
    const { e } = rowOf(entry[1]) as Record<string, string | undefined>;
    const found = parseJson(e ?? "");
    const event = envelope.safeParse(found);
    if (!event.success || event.data.type !== letter.topic) {
      await redis.unwatch();
      return { kind: "not-an-event", reason: "it is no event, so no agent can read it" };
    }
    // As it was, with what a later version of the protocol may have added.
    const text = JSON.stringify({ ...(found as object), onlyfor: letter.agent });
    const add = ["*", "e", text, "replay", mark] as const;
    const outcomes = await redis
      .multi()
      .xadd(stream, ...add)
      .xdel(dead, letter.id)
      .exec();
    if (outcomes === null) continue;
    const failed = outcomes.find(([error]) => error !== null)?.[0];
    if (failed) throw failed;
    return { kind: "published", entryId: String(outcomes[0]?.[1]) };
  }
  throw new Failure("unavailable", `The dead letters of ${letter.topic} change too fast to take one off`);
}

/** What an earlier try of the same wish published before it could say so. */
async function findEarlier(redis: Redis, stream: string, { mark, since }: ReplayOrder): Promise<Replayed> {
  const found = await findEntry(redis, { stream, from: String(since), isIt: ({ replay }) => replay === mark });
  return found === null ? { kind: "gone" } : { kind: "published", entryId: found.id };
}

interface Search {
  readonly stream: string;
  /** Id or milliseconds to begin at. */
  readonly from: string;
  isIt(fields: Row): boolean;
}

/** The first entry of a stream that is the one. @returns null if there is none */
export async function findEntry(redis: Redis, { stream, from, isIt }: Search) {
  for (let next = from; ; ) {
    const entries = await redis.xrange(stream, next, "+", "COUNT", PAGE);
    const found = entries.map(([id, fields]) => ({ id, fields: rowOf(fields) })).find(({ fields }) => isIt(fields));
    if (found !== undefined) return found;
    const last = entries.at(-1);
    if (last === undefined || entries.length < PAGE) return null;
    next = `(${last[0]}`;
  }
}
