import type { Redis } from "ioredis";
import type { Keys } from "../../protocol/keys.ts";
import { resultsOf } from "./connection.ts";
import { type Row, rowOf, unlessLost } from "./read-topics.ts";

/** A group that is further behind is looked at again when it is nearer: what it has not read is fetched to be counted. */
const MOST_COUNTED = 50;

/**
 * Makes `lag` of each group what really waits for it. Redis counts what a group has read beside the group's place, and starts
 * from an append-only file that was rewritten while it ran without what was read since the rewriting (seen with 7.0.15): from
 * then on it says too much, for good, also of groups for which nothing waits. Where somebody publishes or reads between the
 * count and its correction, the correction is left to the next call.
 * @param redis a connection that nobody else uses meanwhile
 * @returns how many groups were mended
 */
export async function mendReadCounts(redis: Redis, keys: Keys, topics: readonly string[]): Promise<number> {
  let mended = 0;
  for (const stream of await findSuspects(redis, topics.map(keys.topic))) mended += await mend(redis, stream);
  return mended;
}

interface GroupLook {
  readonly name: string;
  /** Id of what it was handed last. */
  readonly last: string;
  readonly lag: unknown;
  /** What Redis believes that it has read. */
  readonly read: unknown;
}

/** A group whose count is wrong, and what it has really read. */
interface Miscounted {
  readonly name: string;
  readonly last: string;
  readonly read: number;
}

async function findSuspects(redis: Redis, streams: readonly string[]): Promise<string[]> {
  if (streams.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const stream of streams) pipeline.xinfo("STREAM", stream).xinfo("GROUPS", stream);
  const answers = unlessLost(await pipeline.exec()).map(([, answer]) => answer);
  const suspects: string[] = [];
  for (const [index, stream] of streams.entries()) {
    const wrong = await findMiscounted(redis, stream, answers.slice(2 * index, 2 * index + 2));
    if (wrong.length > 0) suspects.push(stream);
  }
  return suspects;
}

/** @param answers to XINFO STREAM and XINFO GROUPS */
async function findMiscounted(
  redis: Redis,
  stream: string,
  [about, groups]: readonly unknown[],
): Promise<Miscounted[]> {
  const { "entries-added": added, "last-generated-id": newest } = rowOf(about);
  const looks = (Array.isArray(groups) ? groups.map(rowOf) : []).map(lookOf);
  const behind = looks.filter(({ last }) => last !== newest);
  const pipeline = redis.pipeline();
  for (const { last } of behind) pipeline.xrange(stream, `(${last}`, "+", "COUNT", MOST_COUNTED + 1);
  const counts = behind.length === 0 ? [] : resultsOf(await pipeline.exec()).map((found) => (found as []).length);
  const waitingOf = new Map(behind.map(({ name }, index) => [name, counts[index] ?? 0]));
  return looks.flatMap(({ name, last, lag, read }) => {
    const waiting = waitingOf.get(name) ?? 0;
    const really = Number(added) - waiting;
    // Where entries were deleted Redis tells no lag, however right its count is.
    const isRight = waiting > MOST_COUNTED || lag === waiting || read === really;
    return isRight ? [] : [{ name, last, read: really }];
  });
}

const lookOf = (group: Row): GroupLook => ({
  ...{ name: String(group.name), last: String(group["last-delivered-id"]) },
  ...{ lag: group.lag, read: group["entries-read"] },
});

async function mend(redis: Redis, stream: string): Promise<number> {
  await redis.watch(stream);
  const answers = unlessLost(await redis.pipeline().xinfo("STREAM", stream).xinfo("GROUPS", stream).exec());
  const wrong = await findMiscounted(
    redis,
    stream,
    answers.map(([, answer]) => answer),
  );
  const step = redis.multi();
  for (const { name, last, read } of wrong) step.xgroup("SETID", stream, name, last, "ENTRIESREAD", read);
  const done = await step.exec();
  if (done === null) return 0;
  return resultsOf(done).length;
}
