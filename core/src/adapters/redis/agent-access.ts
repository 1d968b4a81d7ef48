import { createHash } from "node:crypto";
import { isForeign } from "../../domain/foreign-verdict.ts";
import { type Keys, keysOf } from "../../protocol/keys.ts";
import { deriveRedisPassword } from "../../protocol/seal.ts";
import type { CompiledFleet, ExpectedAgent } from "../../protocol.ts";

/** What the rights of a fleet's Redis users follow from. */
export interface AccessFleet extends Pick<CompiledFleet, "fleet"> {
  readonly agents: readonly Pick<ExpectedAgent, "id" | "consumes" | "publishes" | "presence" | "heartbeat">[];
}

/** A Redis user and its rules, as `ACL SETUSER <name> <rules…>` takes them. */
export interface RedisUser {
  readonly name: string;
  readonly rules: readonly string[];
}

/** Name of the Redis user of one agent. */
export const redisUserOf = (agent: string): string => `agent-${agent}`;

/**
 * The Redis users of a fleet: one per agent, `exporter` (reads only) and `control`.
 * Each starts from nothing and has selectors (Redis ≥ 7.0): a command passes if one selector allows it with all its keys,
 * so an agent that may acknowledge on a topic still may not publish on it.
 * Passwords are `deriveRedisPassword(fleetKey, <agent id> | "exporter" | "control")`; rules hold their SHA-256 only.
 */
export function redisUsers(fleet: AccessFleet, fleetKey: string): RedisUser[] {
  const agents = fleet.agents.map((agent) => ({
    name: redisUserOf(agent.id),
    rules: [...fresh(deriveRedisPassword(fleetKey, agent.id)), ...agentRules(fleet.fleet, agent)],
  }));
  const mapped = fleet.agents.flatMap(({ heartbeat }) =>
    heartbeat === undefined ? [] : [selector("+get", "+hget", `%R~${heartbeat.key}`)],
  );
  return [
    ...agents,
    { name: "exporter", rules: [...fresh(deriveRedisPassword(fleetKey, "exporter")), ...EXPORTER_RULES, ...mapped] },
    { name: "control", rules: [...fresh(deriveRedisPassword(fleetKey, "control")), ...CONTROL_RULES, ...mapped] },
  ];
}

/**
 * The same users as lines of an ACL file.
 * @param adminPassword if given, a first line gives it to the default user, who may do everything
 */
export function redisAclLines(fleet: AccessFleet, fleetKey: string, adminPassword?: string): string[] {
  const lines = redisUsers(fleet, fleetKey).map(({ name, rules }) => `user ${name} ${rules.join(" ")}`);
  return adminPassword === undefined
    ? lines
    : [`user default on #${sha256(adminPassword)} sanitize-payload ~* &* +@all`, ...lines];
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const fresh = (password: string): string[] => ["reset", "on", `#${sha256(password)}`, "sanitize-payload", "-@all"];
// The last two: the way to a key in a Redis Cluster.
const CONNECTION = ["+auth", "+hello", "+ping", "+time", "+client|setname", "+cluster|slots", "+asking"];
const selector = (...rules: string[]): string => `(${rules.join(" ")})`;

function agentRules(fleet: string, agent: AccessFleet["agents"][number]): string[] {
  const keys = keysOf(fleet);
  // A topic pattern ends in `*`, which is Redis' own wildcard too, so `stock.*` covers topics that come later.
  const consumed = agent.consumes.map((topic) => `~${keys.topic(topic)}`);
  const parked = agent.consumes.map((topic) => `%W~${keys.deadLetters(topic)}`);
  const published = agent.publishes.map((topic) => `%W~${keys.topic(topic)}`);
  return [
    ...CONNECTION,
    ...(isForeign(agent) ? foreignRules(agent) : protocolRules(keys, agent.id)),
    ...(consumed.length === 0 ? [] : [selector(...CONSUME, ...consumed)]),
    ...(parked.length + published.length === 0 ? [] : [selector("+xadd", ...published, ...parked)]),
  ];
}

/** Its own heartbeat is all that a foreign agent writes beside events. */
const foreignRules = ({ heartbeat }: Pick<ExpectedAgent, "heartbeat">): string[] =>
  heartbeat === undefined ? [] : [selector("+set", "+hset", "+expire", `%W~${heartbeat.key}`)];

function protocolRules(keys: Keys, agent: string): string[] {
  return [
    "+multi",
    "+exec",
    "+discard",
    "+unwatch",
    selector("+get", "+set", "+watch", `~${keys.epoch(agent)}`),
    selector("+zadd", `%W~${keys.beats}`),
    selector("+hset", `%W~${keys.presence}`),
    selector("+get", `%R~${keys.fleet}`, `%R~${keys.canaryRound}`),
    selector("+xread", "+xrevrange", `%R~${keys.broadcast}`),
    // No XADD here: with it MAXLEN could delete control messages that are not acknowledged yet.
    selector(...CONSUME, `~${keys.inbox(agent)}`),
    selector("+xadd", "+expire", `%W~${keys.replies("*")}`),
    selector("+xadd", `%W~${keys.runs}`, `%W~${keys.fenced}`),
  ];
}

const CONSUME = ["+xreadgroup", "+xack", "+xgroup|create", "+xpending", "+xautoclaim", "+xclaim"];

const EXPORTER_RULES = [
  ...CONNECTION,
  "%R~rc:*",
  ..."get getrange strlen mget hget hmget hgetall hlen hscan zrange zrangebyscore zcount zcard zscore exists type"
    .split(" ")
    .map((command) => `+${command}`),
  ..."xlen xpending xrange xrevrange xinfo|stream xinfo|groups xinfo|consumers info scan dbsize latency|latest pubsub|channels pubsub|numsub pubsub|numpat"
    .split(" ")
    .map((command) => `+${command}`),
];

// It may set users, because it gives and takes the rights of agents: whoever has its password has the bus.
const CONTROL_RULES = [
  ...CONNECTION,
  "~rc:*",
  "+@read",
  "+@write",
  "+@transaction",
  "-@dangerous",
  "-@scripting",
  ..."info scan dbsize config|get client|id client|list client|info client|kill latency|latest memory|usage"
    .split(" ")
    .map((command) => `+${command}`),
  ..."acl|setuser acl|getuser acl|deluser acl|list acl|users acl|load acl|save acl|whoami acl|log"
    .split(" ")
    .map((command) => `+${command}`),
];
