import { askMappedHeartbeats, readMappedHeartbeats } from "@rollcall/core/adapters/redis/mapped-heartbeats.ts";
import { Batch, type RawRedis } from "@rollcall/core/adapters/redis/raw-redis.ts";
import { RefusedCommand, type ReplyCursor } from "@rollcall/core/adapters/redis/reply-cursor.ts";
import { isForeign } from "@rollcall/core/domain/foreign-verdict.ts";
import { CLOCK_SKEW_SECONDS } from "@rollcall/core/domain/freshness.ts";
import { type Keys, keysOf } from "@rollcall/core/protocol/keys.ts";
import type { CompiledFleet } from "@rollcall/core/protocol.ts";
import { askFencedReports } from "./fenced-reports.ts";
import { type FleetPlan, FleetPlans } from "./fleet-plan.ts";
import { FleetReader } from "./fleet-reader.ts";
import { GroupDetailsReader } from "./group-details-reader.ts";
import { PlannedWorkReader } from "./planned-work.ts";
import { PresenceReader } from "./presence-reader.ts";
import { takeInbox } from "./read-streams.ts";
import type { GroupReading, Reading } from "./reading.ts";
import { isOfShard, type Shard, WHOLE_FLEET } from "./shard.ts";
import { TopicReader } from "./topic-reader.ts";

// Inboxes are asked one by one: with more agents than this they take turns, and what is known of one is some readings old.
const INBOXES_A_READING = 1000;

interface ReaderOptions {
  readonly fleet: string;
  readonly freshSeconds: number;
  /** The whole fleet, if nothing is said. */
  readonly shard?: Shard;
}

/** Reads the bus in few requests: what is small and first, what is known of agents, all streams, and some of their groups. */
export class BusReader {
  readonly #redis: RawRedis;
  readonly #keys: Keys;
  readonly #freshMs: number;
  readonly #shard: Shard;
  readonly #plans: FleetPlans;
  readonly #fleets: FleetReader;
  readonly #presence: PresenceReader;
  readonly #topics: TopicReader;
  readonly #groupDetails: GroupDetailsReader;
  readonly #plannedWork: PlannedWorkReader;
  readonly #inboxes = new Map<string, GroupReading | null>();
  #fleet: CompiledFleet | null = null;
  #nextInbox = 0;
  #lastReadingAt = 0;

  constructor(redis: RawRedis, options: ReaderOptions) {
    this.#redis = redis;
    this.#keys = keysOf(options.fleet);
    this.#freshMs = options.freshSeconds * 1000;
    this.#shard = options.shard ?? WHOLE_FLEET;
    this.#plans = new FleetPlans(this.#shard);
    this.#fleets = new FleetReader(redis, options.fleet);
    this.#presence = new PresenceReader(this.#keys);
    this.#plannedWork = new PlannedWorkReader(this.#keys);
    this.#topics = new TopicReader(redis, this.#keys);
    this.#groupDetails = new GroupDetailsReader(redis, this.#keys);
  }

  /** @throws ReadProblem, or what the connection throws */
  async read(): Promise<Reading> {
    const { now, canaryRoundAt, redisStartedAt } = await this.#readFirst();
    const fleet = await this.#fleets.current(now);
    if (fleet !== this.#fleet) this.#take(fleet);
    const plan = this.#plans.of(fleet);
    const ofAgents = await this.#readAgents(plan, now);
    const ofTopics = await this.#topics.read();
    const groupDetails = await this.#groupDetails.read(ofTopics.topics, plan, now);
    this.#lastReadingAt = now;
    return { now, redisStartedAt, fleet, canaryRoundAt, ...ofAgents, ...ofTopics, groupDetails };
  }

  async #readFirst() {
    const [key, batch] = [this.#keys.fleet, new Batch()];
    let [now, uptimeSeconds] = [0, 0];
    let canaryRoundAt: number | null = null;
    batch.add(key, ["TIME"], (reply) => {
      reply.takeArray();
      now = (reply.takeNumber() ?? 0) * 1000 + Math.floor((reply.takeNumber() ?? 0) / 1000);
    });
    batch.add(key, ["INFO", "server"], (reply) => {
      uptimeSeconds = Number(/uptime_in_seconds:(\d+)/.exec(reply.takeText() ?? "")?.[1] ?? 0);
    });
    batch.add(key, ["GET", this.#keys.canaryRound], (reply) => {
      canaryRoundAt = reply.takeNumber();
    });
    this.#fleets.askWhetherChanged(batch);
    this.#presence.askBeats(batch, this.#lastReadingAt);
    await this.#redis.ask(batch);
    return { now, canaryRoundAt: canaryRoundAt as number | null, redisStartedAt: now - uptimeSeconds * 1000 };
  }

  #take(fleet: CompiledFleet): void {
    this.#fleet = fleet;
    const ids = this.#plans.of(fleet).agents.map(({ id }) => id);
    this.#presence.expect(ids);
    const known = new Map(this.#inboxes);
    this.#inboxes.clear();
    for (const id of ids) this.#inboxes.set(id, known.get(id) ?? null);
    this.#topics.expect(fleet.topics);
  }

  async #readAgents(plan: FleetPlan, now: number) {
    const batch = new Batch();
    const fresh = this.#askFresh(batch, plan, now);
    this.#plannedWork.ask(batch, now);
    const fenced = askFencedReports(batch, this.#keys, now);
    const foreign = plan.agents.filter(isForeign);
    const processes = this.#askProcesses(batch, foreign);
    const outcomes: [error: Error | null, result: string | null][] = [];
    const reads = readsInto(batch, outcomes);
    const mapped = askMappedHeartbeats(reads, foreign);
    for (const id of this.#takeTurns(plan.agents)) {
      const inbox = this.#keys.inbox(id);
      batch.add(inbox, ["XINFO", "GROUPS", inbox], (reply) => void this.#inboxes.set(id, takeInbox(reply)));
    }
    await this.#redis.ask(batch);
    for (const request of this.#presence.requests()) await this.#redis.ask(request);
    const beats = readMappedHeartbeats(mapped, outcomes);
    const [presence, plannedWork] = [this.#presence.sealed(), this.#plannedWork.known()];
    return { presence, plannedWork, inboxes: this.#inboxes, ...fresh, fenced, processes, mapped: beats };
  }

  /** Counts who has beaten; one of several exporters counts strangers one by one, so that their sum is right. */
  #askFresh(batch: Batch, { expected }: FleetPlan, now: number) {
    const key = this.#keys.beats;
    const fresh: { freshBeats: number; strangers: number | null } = { freshBeats: 0, strangers: null };
    // A score further in the future than a right clock can put it would count as fresh until then.
    const bounds = [now - this.#freshMs, now + CLOCK_SKEW_SECONDS * 1000];
    if (this.#shard.count === 1)
      batch.add(key, ["ZCOUNT", key, ...bounds], (reply) => {
        fresh.freshBeats = reply.takeNumber() ?? 0;
      });
    else
      batch.add(key, ["ZRANGEBYSCORE", key, ...bounds], (reply) => {
        fresh.strangers = 0;
        for (let left = reply.takeArray() ?? 0; left > 0; left -= 1) {
          const id = reply.takeText() ?? "";
          if (!expected.has(id) && isOfShard(id, this.#shard)) fresh.strangers += 1;
        }
      });
    return fresh;
  }

  #askProcesses(batch: Batch, foreign: readonly { readonly id: string }[]): Map<string, string | null> {
    const processes = new Map<string, string | null>();
    if (foreign.length === 0) return processes;
    const { processes: key } = this.#keys;
    batch.add(key, ["HMGET", key, ...foreign.map(({ id }) => id)], (reply) => {
      reply.takeArray();
      for (const { id } of foreign) processes.set(id, reply.takeText());
    });
    return processes;
  }

  /** The agents whose inboxes are read now. */
  #takeTurns(agents: FleetPlan["agents"]): readonly string[] {
    const ids = agents.map(({ id }) => id);
    if (ids.length <= INBOXES_A_READING) return ids;
    const first = this.#nextInbox < ids.length ? this.#nextInbox : 0;
    this.#nextInbox = first + INBOXES_A_READING;
    return ids.slice(first, this.#nextInbox);
  }
}

/** Collects the outcomes of simple reads, in their order. */
function readsInto(batch: Batch, outcomes: [error: Error | null, result: string | null][]) {
  const take = (reply: ReplyCursor): void => {
    const refused = reply.takeError();
    outcomes.push(refused === null ? [null, reply.takeText()] : [new RefusedCommand(refused), null]);
  };
  return {
    get: (key: string) => batch.add(key, ["GET", key], take),
    hget: (key: string, field: string) => batch.add(key, ["HGET", key, field], take),
  };
}
