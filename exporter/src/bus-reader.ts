import { askMappedHeartbeats, readMappedHeartbeats } from "@rollcall/core/adapters/redis/mapped-heartbeats.ts";
import { isForeign } from "@rollcall/core/domain/foreign-verdict.ts";
import { CLOCK_SKEW_SECONDS } from "@rollcall/core/domain/freshness.ts";
import type { MappedBeat } from "@rollcall/core/domain/verdict.ts";
import { INBOX_GROUP, type Keys, keysOf } from "@rollcall/core/protocol/keys.ts";
import { type CompiledFleet, compiledFleet } from "@rollcall/core/protocol.ts";
import type { ChainableCommander, Redis } from "ioredis";
import { ReadProblem } from "./read-problem.ts";

/** One consumer group of a stream. */
export interface GroupReading {
  readonly name: string;
  /** null: Redis cannot tell, as after XDEL or for a group made at an arbitrary id. */
  readonly lag: number | null;
  readonly pending: number;
  /** Id of the entry that was handed out last. */
  readonly lastDelivered: string;
}

/** Counters that Redis keeps for one stream; a stream that does not exist has had no entry. */
interface StreamReading {
  readonly entries: number;
  /** All entries ever added; grows for as long as Redis keeps its data. */
  readonly added: number;
  /** Id of the newest entry; null if there is none. */
  readonly lastId: string | null;
  readonly groups: readonly GroupReading[];
}

/** All that was on the bus at one moment. Times are Redis time in ms. `null` for a stream means that it was not to be read. */
export interface Reading {
  readonly now: number;
  readonly redisStartedAt: number;
  readonly fleet: CompiledFleet;
  readonly canaryRoundAt: number | null;
  /** By agent id: what stands in the presence hash, not checked yet. */
  readonly presence: ReadonlyMap<string, string | null>;
  /** Ids with a beat not older than the deadline, expected or not. */
  readonly freshBeats: number;
  /** By id of a foreign agent that has one: its mapped heartbeat. */
  readonly mapped: ReadonlyMap<string, MappedBeat | null>;
  /** By id of a foreign agent: what the leader last wrote of its process. */
  readonly processes: ReadonlyMap<string, string | null>;
  readonly topics: ReadonlyMap<string, StreamReading | null>;
  readonly deadLetters: ReadonlyMap<string, StreamReading | null>;
  /** By topic: what its groups have lost, as it stands in Redis; null if it is not to be read. */
  readonly lost: ReadonlyMap<string, Readonly<Record<string, string>> | null>;
  /** By agent id: the group that the agent reads its inbox with. */
  readonly inboxes: ReadonlyMap<string, GroupReading | null>;
}

type Outcome = [error: Error | null, result: unknown];

// Inboxes are asked one by one: with more agents than this they take turns, and what is known of one is some readings old.
const INBOXES_A_READING = 1000;

/** Reads the bus in two pipelines: what is small and first, then everything that the expected fleet names. */
export class BusReader {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #fleetName: string;
  readonly #freshMs: number;
  #fleet: { text: string; fleet: CompiledFleet } | null = null;
  readonly #inboxes = new Map<string, GroupReading | null>();
  #nextInbox = 0;

  constructor(redis: Redis, options: { fleet: string; freshSeconds: number }) {
    this.#redis = redis;
    this.#keys = keysOf(options.fleet);
    this.#fleetName = options.fleet;
    this.#freshMs = options.freshSeconds * 1000;
  }

  /** @throws ReadProblem, or what the Redis client throws */
  async read(): Promise<Reading> {
    const first = this.#redis.pipeline().time().get(this.#keys.fleet).get(this.#keys.canaryRound).info("server");
    const [time, fleetText, canaryRound, info] = allOf(await run(first)) as [string[], string?, string?, string?];
    const now = Number(time[0]) * 1000 + Math.floor(Number(time[1]) / 1000);
    const fleet = this.#parseFleet(fleetText ?? null);
    const rest = await this.#readRest(fleet, now);
    const uptimeSeconds = Number(/uptime_in_seconds:(\d+)/.exec(info ?? "")?.[1] ?? 0);
    const canaryRoundAt = Number(canaryRound ?? Number.NaN);
    return {
      now,
      redisStartedAt: now - uptimeSeconds * 1000,
      fleet,
      canaryRoundAt: Number.isFinite(canaryRoundAt) ? canaryRoundAt : null,
      ...rest,
    };
  }

  async #readRest(fleet: CompiledFleet, now: number) {
    const ids = fleet.agents.map(({ id }) => id);
    const pipeline = this.#redis.pipeline();
    // ioredis refuses a command that names no field; an empty name stands for "none".
    pipeline.hmget(this.#keys.presence, ...(ids.length === 0 ? [""] : ids));
    // A score further in the future than a right clock can put it would count as fresh until then.
    pipeline.zcount(this.#keys.beats, now - this.#freshMs, now + CLOCK_SKEW_SECONDS * 1000);
    const foreign = fleet.agents.filter(isForeign);
    pipeline.hmget(this.#keys.processes, "", ...foreign.map(({ id }) => id));
    const mapped = askMappedHeartbeats(pipeline, foreign);
    const turn = this.#takeTurns(ids);
    for (const id of turn) pipeline.xinfo("GROUPS", this.#keys.inbox(id));
    for (const topic of fleet.topics) {
      pipeline.xinfo("STREAM", this.#keys.topic(topic));
      pipeline.xinfo("GROUPS", this.#keys.topic(topic));
      pipeline.xinfo("STREAM", this.#keys.deadLetters(topic));
      pipeline.hgetall(this.#keys.lost(topic));
    }
    const outcomes = await run(pipeline);
    const [sealed, freshBeats, marks] = allOf(outcomes.splice(0, 3)) as [(string | null)[], number, (string | null)[]];
    const beats = outcomes.splice(0, mapped.length);
    for (const [index, id] of turn.entries()) this.#inboxes.set(id, inboxOf(outcomes[index]));
    const streams = outcomes.slice(turn.length);
    return {
      presence: new Map(ids.map((id, index) => [id, sealed[index] ?? null])),
      freshBeats,
      mapped: readMappedHeartbeats(mapped, beats),
      processes: new Map(foreign.map(({ id }, index) => [id, marks[index + 1] ?? null])),
      inboxes: new Map(ids.map((id) => [id, this.#inboxes.get(id) ?? null])),
      topics: new Map(fleet.topics.map((topic, i) => [topic, streamOf(streams[4 * i], streams[4 * i + 1])])),
      deadLetters: new Map(fleet.topics.map((topic, i) => [topic, streamOf(streams[4 * i + 2], undefined)])),
      lost: new Map(fleet.topics.map((topic, i) => [topic, hashOf(streams[4 * i + 3])])),
    };
  }

  /** The agents whose inboxes are read now. */
  #takeTurns(ids: readonly string[]): readonly string[] {
    if (ids.length <= INBOXES_A_READING) return ids;
    const first = this.#nextInbox < ids.length ? this.#nextInbox : 0;
    this.#nextInbox = first + INBOXES_A_READING;
    return ids.slice(first, this.#nextInbox);
  }

  #parseFleet(text: string | null): CompiledFleet {
    if (text === null) throw new ReadProblem("no-fleet");
    if (this.#fleet?.text === text) return this.#fleet.fleet;
    const parsed = compiledFleet.safeParse(parseJson(text));
    if (!parsed.success || parsed.data.fleet !== this.#fleetName) throw new ReadProblem("bad-fleet", parsed.error);
    this.#fleet = { text, fleet: parsed.data };
    const ids = new Set(parsed.data.agents.map(({ id }) => id));
    for (const id of this.#inboxes.keys()) if (!ids.has(id)) this.#inboxes.delete(id);
    return parsed.data;
  }
}

async function run(pipeline: ChainableCommander): Promise<Outcome[]> {
  const outcomes = (await pipeline.exec()) as Outcome[] | null;
  if (outcomes === null) throw new ReadProblem("unreachable");
  // A lost connection fails every command of the pipeline; a wrong key only its own.
  const lost = outcomes.find(([error]) => error !== null && error.name !== "ReplyError");
  if (lost !== undefined) throw lost[0];
  return outcomes;
}

function allOf(outcomes: readonly Outcome[]): unknown[] {
  return outcomes.map(([error, result]) => {
    if (error !== null) throw error;
    return result;
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const hashOf = (outcome: Outcome | undefined): Record<string, string> | null =>
  outcome === undefined || outcome[0] !== null ? null : (outcome[1] as Record<string, string>);

function streamOf(stream: Outcome | undefined, groups: Outcome | undefined): StreamReading | null {
  if (stream === undefined) return null;
  if (isMissing(stream[0])) return { entries: 0, added: 0, lastId: null, groups: [] };
  if (stream[0] !== null || (groups !== undefined && groups[0] !== null && !isMissing(groups[0]))) return null;
  const record = recordOf(stream[1]);
  return {
    entries: Number(record.length),
    added: Number(record["entries-added"]),
    lastId: Array.isArray(record["last-entry"]) ? String(record["last-entry"][0]) : null,
    groups: groups === undefined || groups[0] !== null ? [] : groupsOf(groups[1]),
  };
}

function inboxOf(groups: Outcome | undefined): GroupReading | null {
  if (groups === undefined || groups[0] !== null) return null;
  return groupsOf(groups[1]).find(({ name }) => name === INBOX_GROUP) ?? null;
}

const isMissing = (error: Error | null): boolean => error !== null && /no such key/.test(error.message);

const groupsOf = (reply: unknown): GroupReading[] =>
  (reply as unknown[]).map(recordOf).map(({ name, lag, pending, ...rest }) => ({
    name: String(name),
    lag: typeof lag === "number" ? lag : null,
    pending: Number(pending),
    lastDelivered: String(rest["last-delivered-id"]),
  }));

function recordOf(flat: unknown): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  const list = flat as unknown[];
  for (let index = 0; index + 1 < list.length; index += 2) record[String(list[index])] = list[index + 1];
  return record;
}
