import { z } from "zod";
import { declaredRun } from "./protocol/declared-run.ts";
import { agentFigures } from "./protocol/figures.ts";

// A reader leaves out what it does not know, so that a newer minor version may add optional fields; what it knows it checks.

/** The protocol's version; a reader accepts payloads of its own major version. */
export const PROTOCOL_VERSION = 1;
/** Grows with each field or message that is added; what was there stays as it was. */
export const PROTOCOL_MINOR = 4;
/** "1.4" */
export const PROTOCOL_WORDS = `${PROTOCOL_VERSION}.${PROTOCOL_MINOR}`;
const MAJOR_ONE = /^1\.\d{1,6}$/;

/** Agents, groups and topics are named so that a name never needs escaping anywhere. */
export const agentId = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "a-z, 0-9 and -, at most 63 characters");
export const topicName = z
  .string()
  .regex(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/, "words of a-z, 0-9 and -, joined by dots");
/** A topic, or a pattern whose last word is `*`: `stock.*`. */
export const topicPattern = z
  .string()
  .regex(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*(\.\*)?$/, "a topic, or a prefix ending in .*");
const millis = z.number().int().nonnegative();
const count = z.number().int().nonnegative();

/** A run is named by whoever begins it; the name appears in keys of no store, and in no address. */
export const runId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "a-z, 0-9 and -, at most 64 characters");

/** What an agent says it does; a second axis beside health, which the reader decides. */
export const ACTIVITIES = ["starting", "idle", "processing", "paused", "stopping", "error"] as const;

/** Upper bounds in seconds of the latency buckets in every heartbeat; the last bucket is +Inf. */
export const LATENCY_BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const;

/** Cumulative since the epoch began. `latency` counts publish → handler start, one count per bucket, not summed up. */
export const taskTotals = z.object({
  done: count,
  failed: count,
  latency: z.array(count).length(LATENCY_BUCKETS_SECONDS.length + 1),
  latencySumSeconds: z.number().nonnegative(),
});

/** A beat, every 5 s (jittered). Times are Redis time in ms as the agent estimates it. */
export const heartbeat = z.object({
  v: z.literal(PROTOCOL_VERSION),
  /** The minor version that the agent speaks; 0 if it does not say. */
  minor: count.optional(),
  agent: agentId,
  epoch: count,
  /** Grows by one with each beat of the epoch; a reader refuses one that goes back. */
  counter: count,
  at: millis,
  /** The agent's own clock minus Redis time, ms. */
  clockSkewMs: z.number().int(),
  startedAt: millis,
  /** Id of the command that started this process, if one did. */
  startedBy: z.string().max(200).nullable(),
  version: z.string().max(64),
  activity: z.enum(ACTIVITIES),
  inFlight: count,
  oldestInFlightAt: millis.nullable(),
  /** When the inbox loop last came back from Redis; stale means deaf. */
  inboxReadAt: millis,
  /** When the broadcast loop last came back from Redis; missing if the agent does not listen to it. */
  broadcastReadAt: millis.optional(),
  canary: z.object({
    handledAt: millis.nullable(),
    tookMs: count.nullable(),
    /** When the oldest canary not yet taken by the work loop arrived. */
    waitingSince: millis.nullable(),
  }),
  /** By topic. */
  tasks: z.record(topicName, taskTotals),
  cpuSeconds: z.number().nonnegative(),
  rssBytes: count,
  eventLoopDelaySeconds: z.number().nonnegative(),
  /** Missing if the agent measures no more of itself. */
  figures: agentFigures.optional(),
  host: z.string().max(255),
  /** Number of the process on its host; missing if it does not say. */
  pid: count.optional(),
  runtime: z.object({
    kind: z.enum(["process", "pm2", "systemd", "docker", "kubernetes"]),
    name: z.string().max(255),
  }),
  publishes: z.array(topicName).max(100),
  consumes: z.array(topicPattern).max(100),
  /** Items that it took off the bus and has not finished, those in hand among them; missing if it does not say. */
  held: count.optional(),
  /** Runs that it begins on demand. */
  runs: z.array(declaredRun).max(10).optional(),
  /** It has a probe of its own, for a health check. */
  health: z.literal(true).optional(),
});
export type Heartbeat = z.infer<typeof heartbeat>;
export type TaskTotals = z.infer<typeof taskTotals>;

/** What a message belongs to; log lines name it. */
const origin = {
  requestid: z.string().max(100).optional(),
  /** Same for all that follows from one wish, one order or one run. */
  correlationid: z.string().max(100).optional(),
  /** Whose business it is. */
  customerid: z.string().max(100).optional(),
};

/** What an agent can be told; those behind `drill` are of 1.3. */
export const CONTROL_KINDS = ["echo", "canary", "stop", "drill", "pause", "resume", "drain", "run", "health"] as const;

/** What the control service puts into an agent's inbox, sealed with the agent's key in the entry's field `m`. */
export const controlMessage = z.object({
  v: z.literal(PROTOCOL_VERSION),
  minor: count.optional(),
  /** Unique per effect; the agent's ledger applies each id once. */
  id: z.string().min(1).max(200),
  kind: z.enum(CONTROL_KINDS),
  /** The epoch it was meant for; an agent of another epoch refuses it. null fits every epoch. */
  epoch: count.nullable(),
  /** Redis time in ms after which the agent refuses it as expired. */
  deadline: millis,
  /** Stream to answer to. null: no answer wanted. */
  replyTo: z.string().max(300).nullable(),
  traceparent: z.string().max(100).optional(),
  ...origin,
  /** `drill`: `{fault}`. `stop`: `{graceMs}`. `echo`, `canary`: `{nonce}`. `run`: `{run, runId, inputs}`. */
  args: z.object({
    nonce: z.string().max(100).optional(),
    fault: z.string().max(50).optional(),
    graceMs: count.optional(),
    run: z.string().max(63).optional(),
    runId: runId.optional(),
    inputs: z.record(z.string().max(31), z.union([z.string().max(1000), z.number(), z.boolean()])).optional(),
  }),
});
export type ControlMessage = z.infer<typeof controlMessage>;

/**
 * What the control service tells all agents at once, signed, in the broadcast's field `m`: only what changes nothing. A
 * change goes to the inbox, where it stays until its agent has taken it.
 */
export const broadcastMessage = z.object({
  ...controlMessage.omit({ kind: true, epoch: true }).shape,
  kind: z.enum(["echo", "canary"]),
  /** Who is meant, and the epoch it was meant for (null fits every epoch). null: everybody. */
  to: z.record(agentId, count.nullable()).nullable(),
});
export type BroadcastMessage = z.infer<typeof broadcastMessage>;

/** Answer of an agent, sealed with its key in the field `m`; the field `agent` names the key to open it with. */
export const controlReply = z.object({
  v: z.literal(PROTOCOL_VERSION),
  id: z.string().min(1).max(200),
  agent: agentId,
  epoch: count,
  at: millis,
  /** `repeated`: the id stood in the ledger already; `detail` is the first outcome. */
  outcome: z.enum(["done", "repeated", "refused", "expired", "failed"]),
  detail: z.string().max(500).nullable(),
  nonce: z.string().max(100).nullable(),
  /** Canary: ms it waited for the work loop, and ms the loop took. */
  waitedMs: count.nullable(),
  tookMs: count.nullable(),
});
export type ControlReply = z.infer<typeof controlReply>;

/** An event on a topic stream, JSON in the entry's field `e`: a CloudEvents 1.0 envelope. At most 256 KiB. */
export const envelope = z.object({
  specversion: z.literal("1.0"),
  id: z.string().min(1).max(100),
  source: z.string().min(1).max(200),
  type: topicName,
  time: z.iso.datetime(),
  datacontenttype: z.literal("application/json"),
  /** Version of this protocol that the publisher speaks, `1.1`; 1.0 if it does not say. */
  protocol: z.string().regex(MAJOR_ONE, `another major version is not read here; this is ${PROTOCOL_WORDS}`).optional(),
  traceparent: z.string().max(100).optional(),
  ...origin,
  /** The run that it is part of; events that follow from it name it too. */
  runid: runId.optional(),
  /** A marked probe; never reaches a business handler. */
  probe: z.literal(true).optional(),
  /** Published again for one agent; every other acknowledges it unhandled. */
  onlyfor: agentId.optional(),
  data: z.record(z.string(), z.json()),
});
export type Envelope = z.infer<typeof envelope>;
export const MAX_ENVELOPE_BYTES = 256 * 1024;

/** Whether an agent should run, and if not, who wants it so and since when. */
export const desiredState = z.object({
  state: z.enum(["running", "stopped", "paused"]),
  by: z.string().max(200).nullable(),
  since: millis.nullable(),
  reason: z.string().max(200).nullable(),
  /** When a pause ends by itself; missing or null: when somebody ends it. */
  until: millis.nullable().optional(),
});
export type DesiredState = z.infer<typeof desiredState>;

/** How an agent that does not speak this protocol shows that it is there; left out, it speaks it. */
export const PRESENCES = ["supervisor", "heartbeat"] as const;

/** A heartbeat that a foreign agent writes anyway: where it stands, and how its time is written. */
export const mappedHeartbeat = z.object({
  /** Redis key. It becomes part of Redis' access rules, so no blank and no wildcard fits. */
  key: z
    .string()
    .regex(/^(?!rc:)[A-Za-z0-9_.:/{}@-]{1,200}$/, "letters, digits and _.:/{}@-, at most 200, not beginning with rc:"),
  /** Field of the hash; left out, the key is a string. */
  field: z.string().min(1).max(200).optional(),
  time: z.enum(["seconds", "milliseconds", "iso"]),
  maxAgeSeconds: z.number().min(1).max(86_400),
});
export type MappedHeartbeat = z.infer<typeof mappedHeartbeat>;

export const CRITICALITIES = ["P0", "P1", "P2", "P3"] as const;
/** One agent that should exist, as everyone but the control service reads it. */
export const expectedAgent = z.object({
  id: agentId,
  group: agentId,
  parent: agentId.nullable(),
  does: z.string().max(200),
  labels: z.record(z.string().max(63), z.string().max(100)),
  criticality: z.enum(CRITICALITIES),
  owner: agentId,
  runbook: z.string().max(500).nullable(),
  /** What people outside feel when it does not work: "payments stopped". */
  consequence: z.string().max(100),
  /** Usual upper time per item; rung 5, and how long "busy" may last. */
  normalSeconds: z.number().positive(),
  consumes: z.array(topicPattern),
  publishes: z.array(topicName),
  runtime: heartbeat.shape.runtime,
  presence: z.enum(PRESENCES).optional(),
  /** Only with the presence `heartbeat`. */
  heartbeat: mappedHeartbeat.optional(),
  desired: desiredState,
});
export type ExpectedAgent = z.infer<typeof expectedAgent>;

/** Entries that a topic keeps, if nothing is said. */
export const USUAL_KEPT_ENTRIES = 10_000;
export const keptEntries = z.number().int().min(1000).max(10_000_000);

export const compiledFleet = z.object({
  v: z.literal(PROTOCOL_VERSION),
  fleet: agentId,
  /** Grows with every change of fleet.yaml or of a desired state. */
  version: count,
  at: millis,
  agents: z.array(expectedAgent),
  /** Every topic that an agent declares to publish, or that comes from outside. */
  topics: z.array(topicName),
  /** Entries to keep of a topic, where that is not the usual 10,000. */
  keep: z.record(topicName, keptEntries).optional(),
  /** Least number of agents that work while others are restarted, by group, where that is not half of it. */
  minimums: z.record(agentId, z.number().int().nonnegative()).optional(),
});
export type CompiledFleet = z.infer<typeof compiledFleet>;

/** Topics that a pattern stands for. */
export function matchTopics(pattern: string, topics: readonly string[]): string[] {
  if (!pattern.endsWith(".*")) return topics.filter((topic) => topic === pattern);
  return topics.filter((topic) => topic.startsWith(pattern.slice(0, -1)));
}
