import type { Redis } from "ioredis";
import type { TopicTrim } from "../../ports/event-bus.ts";
import type { Keys } from "../../protocol/keys.ts";
import { answersOf, resultsOf } from "./connection.ts";
import { compareIds, type Row, rowOf } from "./read-topics.ts";

/** Redis frees whole nodes of up to 100 entries; what is over by less is not worth an exact cut. */
const SLACK = 200;
/** Entries that one exact cut takes; their ids are held in memory. */
const CUT_AT_ONCE = 5000;
const PAGE = 500;
/** Of one topic in a round: the others have their turn too. */
const MOST_CUTS = 100;
/** Field of the hash of losses that holds what a cut was about to count. */
const UNSETTLED = "unsettled";

/**
 * Cuts each topic to about the length it is to have. What every declared subscription has had is freed at no cost. What a
 * slow one still needs is cut only beyond that length, and counted for it first: `undelivered`, or `in-hand` where it was
 * handed out, not acknowledged, and cannot be handed out again. The cost follows what is lost, not what is published.
 * @param redis a connection that nobody else uses meanwhile
 */
export async function trimTopics(redis: Redis, keys: Keys, topics: readonly TopicTrim[]): Promise<void> {
  const long = await findLong(redis, keys, topics);
  for (const topic of long) {
    await freeHandled(redis, keys.topic(topic.topic), topic);
    for (let cuts = 0; cuts < MOST_CUTS; cuts++) if (!(await cutOnce(redis, keys, topic))) break;
  }
}

async function findLong(redis: Redis, keys: Keys, topics: readonly TopicTrim[]): Promise<TopicTrim[]> {
  const pipeline = redis.pipeline();
  for (const { topic } of topics) pipeline.xlen(keys.topic(topic)).hexists(keys.lost(topic), UNSETTLED);
  const answers = answersOf(await pipeline.exec()).map(([, result]) => Number(result ?? 0));
  return topics.filter(({ keep }, index) => (answers[2 * index] ?? 0) > keep || answers[2 * index + 1] === 1);
}

/** Frees what all declared groups have acknowledged, and nothing else: at most down to the length. */
async function freeHandled(redis: Redis, stream: string, { keep, groups }: TopicTrim): Promise<void> {
  const length = await redis.xlen(stream);
  if (length <= keep) return;
  const floor = floorOf(await lookAtGroups(redis, stream, groups));
  if (floor === "0-0") return;
  const threshold = floor ?? "+";
  await (threshold === "+"
    ? redis.call("XTRIM", stream, "MAXLEN", "~", keep)
    : redis.call("XTRIM", stream, "MINID", "~", threshold, "LIMIT", length - keep));
}

interface GroupLook {
  readonly group: string;
  readonly delivered: string;
  readonly oldestPending: string | null;
}

/** A declared group that is not there yet will begin at the beginning. */
async function lookAtGroups(redis: Redis, stream: string, groups: readonly string[]): Promise<GroupLook[]> {
  const pipeline = redis.pipeline().xinfo("GROUPS", stream);
  for (const group of groups) pipeline.xpending(stream, group);
  const [rows, ...pending] = answersOf(await pipeline.exec());
  const found = rowsIn(rows?.[1]);
  return groups.map((group, index) => ({
    group,
    delivered: deliveredOf(found, group),
    oldestPending: ((pending[index]?.[1] ?? null) as [number, string | null] | null)?.[1] ?? null,
  }));
}

/** @returns the first id that somebody may still need; null if nobody reads the topic */
function floorOf(groups: readonly GroupLook[]): string | null {
  const needed = groups.map(({ delivered, oldestPending }) => oldestPending ?? delivered);
  return needed.toSorted(compareIds)[0] ?? null;
}

/**
 * Cuts the oldest entries beyond the length and counts them for those who have not had them. The count stands unsettled
 * before anything is cut: a crash in between counts what was handed out in that moment too, and never nothing.
 * @returns whether there is more to do
 */
async function cutOnce(redis: Redis, keys: Keys, { topic, keep, groups }: TopicTrim): Promise<boolean> {
  const stream = keys.topic(topic);
  const lost = keys.lost(topic);
  await redis.watch(lost);
  const [unsettled, length] = resultsOf(await redis.pipeline().hget(lost, UNSETTLED).xlen(stream).exec());
  if (unsettled !== null) return settle(redis, lost, parseCounts(String(unsettled)));
  const excess = Number(length) - keep;
  if (excess <= SLACK) {
    await redis.unwatch();
    return false;
  }
  const ids = await readOldest(redis, stream, Math.min(excess, CUT_AT_ONCE) + 1);
  const first = ids.pop();
  if (first === undefined || ids.length === 0) {
    await redis.unwatch();
    return false;
  }
  const cut = { stream, first, ids, groups };
  const before = countLost(
    cut,
    answersOf(await askGroups(redis.pipeline(), cut).exec()).map(([, result]) => result),
  );
  const step = redis.multi().hset(lost, UNSETTLED, JSON.stringify(before)).xtrim(stream, "MINID", first);
  const outcomes = await askGroups(step, cut).exec();
  if (outcomes === null) return true;
  const [, , ...after] = answersOf(outcomes).map(([, result]) => result);
  await redis.watch(lost);
  await settle(redis, lost, countLost(cut, after));
  return true;
}

interface Cut {
  readonly stream: string;
  /** The oldest entry that stays. */
  readonly first: string;
  readonly ids: readonly string[];
  readonly groups: readonly string[];
}

function askGroups<Commands extends ReturnType<Redis["pipeline"]>>(commands: Commands, cut: Cut): Commands {
  commands.xinfo("GROUPS", cut.stream);
  for (const group of cut.groups) commands.xpending(cut.stream, group, "-", `(${cut.first}`, cut.ids.length * 2);
  return commands;
}

function countLost({ ids, groups }: Cut, [rows, ...pending]: readonly unknown[]): Record<string, number> {
  const found = rowsIn(rows);
  const own = new Set(ids);
  const counts = groups.flatMap((group, index) => {
    const delivered = deliveredOf(found, group);
    const waiting = Array.isArray(pending[index]) ? (pending[index] as [string][]) : [];
    return [
      [`${group} undelivered`, ids.filter((id) => compareIds(id, delivered) > 0).length],
      // What an earlier cut took stays in the list of pending ones, and was counted then.
      [`${group} in-hand`, waiting.filter(([id]) => own.has(id)).length],
    ] as const;
  });
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

/** @returns true: there may be more to do */
async function settle(redis: Redis, lost: string, counts: Readonly<Record<string, number>>): Promise<true> {
  const step = redis.multi().hdel(lost, UNSETTLED);
  for (const [field, count] of Object.entries(counts)) step.hincrby(lost, field, count);
  const outcomes = await step.exec();
  if (outcomes !== null) resultsOf(outcomes);
  return true;
}

async function readOldest(redis: Redis, stream: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let from = "-"; ids.length < count; ) {
    const entries = await redis.xrange(stream, from, "+", "COUNT", Math.min(PAGE, count - ids.length));
    ids.push(...entries.map(([id]) => id));
    const last = ids.at(-1);
    if (entries.length === 0 || last === undefined) break;
    from = `(${last}`;
  }
  return ids;
}

const rowsIn = (rows: unknown): Row[] => (Array.isArray(rows) ? rows.map(rowOf) : []);

const deliveredOf = (rows: readonly Row[], group: string): string =>
  String(rows.find(({ name }) => name === group)?.["last-delivered-id"] ?? "0-0");

function parseCounts(text: string): Record<string, number> {
  const parsed: unknown = JSON.parse(text);
  return parsed as Record<string, number>;
}
