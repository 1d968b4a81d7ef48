import type { KeyObject } from "node:crypto";
import type { Redis } from "ioredis";
import { Failure } from "../../domain/failure.ts";
import type { PlannedWork } from "../../domain/planned-work.ts";
import type { MappedBeat } from "../../domain/verdict.ts";
import type { FleetBus, Presence, Waiting } from "../../ports/fleet.ts";
import { deriveBroadcastKey, signBroadcast } from "../../protocol/broadcast-seal.ts";
import { type Keys, keysOf } from "../../protocol/keys.ts";
import { requestContext } from "../../protocol/request-context.ts";
import { deriveAgentKey, seal } from "../../protocol/seal.ts";
import { inSpanOfTrace } from "../../protocol/span.ts";
import { fitMessage } from "../../protocol/version.ts";
import {
  type BroadcastMessage,
  type CompiledFleet,
  type ControlMessage,
  type ControlReply,
  type ExpectedAgent,
  matchTopics,
  PROTOCOL_MINOR,
} from "../../protocol.ts";
import { type CollectRequest, collectReplies } from "./collect-replies.ts";
import { answersOf, connectRedis, type RedisOptions, resultsOf, withRedis } from "./connection.ts";
import { evictionPolicies } from "./eviction-policies.ts";
import { markProcesses } from "./foreign-processes.ts";
import { askMappedHeartbeats, readMappedHeartbeats } from "./mapped-heartbeats.ts";
import { markPlannedWork } from "./planned-work.ts";
import { PublishedFleet } from "./published-fleet.ts";
import { OpenQuestions, REPLY_LIFETIME_SECONDS } from "./sealed-replies.ts";
import { trimInboxes } from "./trim-inboxes.ts";
import { VerifiedPresence } from "./verified-presence.ts";

export interface FleetBusOptions extends Pick<RedisOptions, "url" | "clusterOf" | "onProblem"> {
  readonly fleet: string;
  /** The fleet's secret, at least 32 characters; each agent's key derives from it. */
  readonly fleetKey: string;
  /** Called for each answer of an agent, with how long it took. */
  readonly onAnswer?: (kind: "echo" | "canary", ms: number) => void;
}

/** The bus, and what only its owner does with it. */
export interface OpenFleetBus extends FleetBus {
  /**
   * Whether Redis takes control messages and keeps them: writes one of their size, because with full memory or without its
   * replicas it still answers everything else.
   * @throws Failure "unavailable" with what to mend
   */
  check(): Promise<null>;
  close(): void;
}

/** The fleet's bus on Redis; it connects at once and reconnects by itself. */
export function openFleetBus(options: FleetBusOptions): OpenFleetBus {
  return new RedisFleetBus(options);
}

/** A broadcast is kept until this long before the deadline of the newest one: an agent reads it at once or not at all. */
const BROADCAST_KEPT_MS = 120_000;

const PROBE = "x".repeat(1024);

class RedisFleetBus implements OpenFleetBus {
  readonly #options: FleetBusOptions;
  readonly #keys: Keys;
  readonly #redis: Redis;
  /** Connections for blocking reads that nobody uses now: two roll calls at once must not wait for each other. */
  readonly #idleReaders: Redis[] = [];
  readonly #broadcastKey: KeyObject;
  readonly #agentKeys = new Map<string, string>();
  readonly #published: PublishedFleet;
  readonly #presence = new VerifiedPresence((agent) => this.#keyOf(agent));
  readonly #questions = new OpenQuestions();
  #isClosed = false;
  #wasAway = false;
  /** On the monotonic clock. */
  #backAt: number | null = null;

  constructor(options: FleetBusOptions) {
    this.#options = options;
    this.#keys = keysOf(options.fleet);
    this.#broadcastKey = deriveBroadcastKey(options.fleetKey);
    this.#redis = this.#connect("rollcall-control");
    this.#published = new PublishedFleet(this.#redis, this.#keys.fleet);
    // Of a cluster a node may be away alone.
    const lost = () => {
      this.#wasAway = true;
    };
    const back = () => {
      if (this.#wasAway) this.#backAt = performance.now();
    };
    this.#redis.on("close", lost).on("-node", lost).on("ready", back).on("+node", back);
    this.#idleReaders.push(this.#connect("rollcall-replies"));
  }

  now(): Promise<number> {
    return withRedis(async () => millisOf(await this.#redis.time()));
  }

  check(): Promise<null> {
    return withRedis(async () => {
      const written = this.#redis.xadd(this.#keys.probe, "MAXLEN", 1, "*", "probe", PROBE);
      const [policies] = await Promise.all([evictionPolicies(this.#redis), written]);
      const policy = policies.find((one) => one !== "noeviction");
      if (policy === undefined) return null;
      throw new Failure(
        "unavailable",
        `Redis may throw messages away: its maxmemory-policy is ${policy}; set noeviction, with CONFIG SET and in redis.conf`,
      );
    });
  }

  answered(kind: "echo" | "canary", ms: number): void {
    this.#options.onAnswer?.(kind, ms);
  }

  backForMs(): number | null {
    return this.#backAt === null ? null : performance.now() - this.#backAt;
  }

  readFleet(): Promise<CompiledFleet | null> {
    return withRedis(() => this.#published.read());
  }

  publishFleet(fleet: CompiledFleet): Promise<void> {
    return withRedis(() => this.#published.publish(fleet));
  }

  readPresence(agents: readonly string[]): Promise<Map<string, Presence>> {
    if (agents.length === 0) return Promise.resolve(new Map());
    return withRedis(async () => {
      const pipeline = this.#redis
        .pipeline()
        .time()
        .hmget(this.#keys.presence, ...agents);
      const [time, sealed] = resultsOf(await pipeline.exec()) as [[string, string], (string | null)[]];
      const now = millisOf(time);
      return new Map(agents.map((agent, index) => [agent, this.#presence.open(agent, sealed[index] ?? null, now)]));
    });
  }

  readMapped(agents: readonly ExpectedAgent[]): Promise<Map<string, MappedBeat | null>> {
    const pipeline = this.#redis.pipeline();
    const mapped = askMappedHeartbeats(pipeline, agents);
    if (mapped.length === 0) return Promise.resolve(new Map());
    return withRedis(async () => readMappedHeartbeats(mapped, answersOf(await pipeline.exec())));
  }

  markProcesses(up: ReadonlyMap<string, boolean>): Promise<void> {
    return withRedis(() => markProcesses(this.#redis, this.#keys, up));
  }

  readCanaryRound(): Promise<number | null> {
    return withRedis(async () => {
      const at = await this.#redis.get(this.#keys.canaryRound);
      return at === null ? null : Number(at);
    });
  }

  markCanaryRound(): Promise<void> {
    return withRedis(async () => {
      await this.#redis.set(this.#keys.canaryRound, millisOf(await this.#redis.time()));
    });
  }

  markPlannedWork(works: readonly PlannedWork[]): Promise<void> {
    return withRedis(async () =>
      markPlannedWork(this.#redis, this.#keys, { works, now: millisOf(await this.#redis.time()) }),
    );
  }

  trimInboxes(agents: readonly string[]): Promise<number> {
    return withRedis(() => trimInboxes(this.#redis, this.#keys, agents));
  }

  send(messages: readonly { agent: string; message: ControlMessage }[]): Promise<void> {
    if (messages.length === 0) return Promise.resolve();
    const kinds = [...new Set(messages.map(({ message }) => message.kind))].join(" ");
    const attributes = { "messaging.system": "redis", "messaging.batch.message_count": messages.length };
    return inSpanOfTrace(`send ${kinds}`, { kind: "producer", attributes }, () => this.#send(messages));
  }

  #send(messages: readonly { agent: string; message: ControlMessage }[]): Promise<void> {
    const origin = originNow();
    return withRedis(async () => {
      const pipeline = this.#redis.pipeline();
      const now = performance.now();
      this.#questions.sweep(now);
      const streams = new Set(messages.flatMap(({ message }) => message.replyTo ?? []));
      for (const stream of streams) openReplies(pipeline, stream);
      for (const { agent, message } of messages) {
        this.#questions.add(agent, message, now);
        pipeline.xadd(
          this.#keys.inbox(agent),
          "*",
          "m",
          seal(this.#keyOf(agent), fitMessage({ ...origin, ...message }, this.#presence.minorOf(agent))),
        );
      }
      resultsOf(await pipeline.exec());
    });
  }

  broadcast(message: BroadcastMessage, agents: readonly string[]): Promise<void> {
    const attributes = { "messaging.system": "redis", "messaging.batch.message_count": agents.length };
    return inSpanOfTrace(`broadcast ${message.kind}`, { kind: "producer", attributes }, () =>
      withRedis(async () => {
        const now = performance.now();
        this.#questions.sweep(now);
        for (const agent of agents) this.#questions.add(agent, message, now);
        const pipeline = this.#redis.pipeline();
        if (message.replyTo !== null) openReplies(pipeline, message.replyTo);
        const signed = signBroadcast(this.#broadcastKey, { minor: PROTOCOL_MINOR, ...originNow(), ...message });
        const kept = String(Math.max(0, message.deadline - BROADCAST_KEPT_MS));
        pipeline.xadd(this.#keys.broadcast, "MINID", kept, "*", "m", signed);
        resultsOf(await pipeline.exec());
      }),
    );
  }

  async collectReplies(request: CollectRequest): Promise<ControlReply[]> {
    const reader = this.#idleReaders.pop() ?? this.#connect("rollcall-replies");
    try {
      const trust = { questions: this.#questions, keyOf: (agent: string) => this.#keyOf(agent) };
      const collect = () => withRedis(() => collectReplies(reader, request, trust));
      return await inSpanOfTrace("collect replies", { kind: "client" }, collect);
    } finally {
      if (this.#isClosed) reader.disconnect();
      else this.#idleReaders.push(reader);
    }
  }

  readWaiting(agent: string): Promise<Waiting[]> {
    return withRedis(async () => {
      const fleet = await this.#published.recent();
      const consumes = fleet?.agents.find(({ id }) => id === agent)?.consumes ?? [];
      const topics = [...new Set(consumes.flatMap((pattern) => matchTopics(pattern, fleet?.topics ?? [])))];
      const pipeline = this.#redis.pipeline();
      for (const topic of topics) pipeline.xinfo("GROUPS", this.#keys.topic(topic));
      const outcomes = topics.length === 0 ? [] : ((await pipeline.exec()) ?? []);
      return topics.map((topic, index) => waitingOf(topic, agent, outcomes[index]));
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#redis.disconnect();
    for (const reader of this.#idleReaders.splice(0)) reader.disconnect();
  }

  #keyOf(agent: string): string {
    const key = this.#agentKeys.get(agent) ?? deriveAgentKey(this.#options.fleetKey, agent);
    // A stranger may write any name beside a forged answer; what is remembered for names must end.
    if (this.#agentKeys.size < 100_000) this.#agentKeys.set(agent, key);
    return key;
  }

  #connect(name: string): Redis {
    return connectRedis({ ...this.#options, name });
  }
}

/** What an agent is told of the work under way, to go on with it. */
function originNow(): Pick<ControlMessage, "traceparent" | "requestid" | "correlationid" | "customerid"> {
  const { traceparent, requestId: requestid, correlationId: correlationid, customerId: customerid } = requestContext();
  return { traceparent, requestid, correlationid, customerid };
}

/** Made before the first answer, so that it ends even if the only answer comes after we stopped reading. */
function openReplies(pipeline: ReturnType<Redis["pipeline"]>, stream: string): void {
  pipeline.xadd(stream, "*", "opened", "1").expire(stream, REPLY_LIFETIME_SECONDS);
}

const millisOf = (time: readonly (string | number)[]): number =>
  Number(time[0]) * 1000 + Math.floor(Number(time[1]) / 1000);

type GroupOutcome = [error: Error | null, result: unknown] | undefined;

/** A topic that nobody has published on has no stream, and one that the agent never read has no group: both unknown. */
function waitingOf(topic: string, group: string, outcome: GroupOutcome): Waiting {
  const groups = outcome === undefined || outcome[0] !== null ? [] : (outcome[1] as (string | number | null)[][]);
  const found = groups.map(asRecord).find((record) => record.name === group);
  const lag = found?.lag;
  return { topic, group, lag: typeof lag === "number" ? lag : null, pending: Number(found?.pending ?? 0) };
}

const asRecord = (flat: (string | number | null)[]): Record<string, string | number | null> =>
  Object.fromEntries(
    flat.flatMap((value, index) => (index % 2 === 0 ? [[String(value), flat[index + 1] ?? null]] : [])),
  );
