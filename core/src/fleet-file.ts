import { z } from "zod";
import { EXEMPT } from "./domain/agent-labels.ts";
import {
  agentId,
  type CompiledFleet,
  type DesiredState,
  type ExpectedAgent,
  expectedAgent,
  keptEntries,
  mappedHeartbeat,
  matchTopics,
  PROTOCOL_VERSION,
  topicName,
  topicPattern,
} from "./protocol.ts";

import { readYamlFile, type YamlFile } from "./yaml-file.ts";

const { shape } = expectedAgent;
/** Program and arguments for the built-in supervisor. May name files and hosts, so it does not go onto the bus. */
const command = z.array(z.string().min(1).max(1000)).min(1).max(100).optional();
const listedAgent = z.strictObject({
  id: agentId,
  group: agentId,
  parent: agentId.nullable().default(null),
  does: shape.does,
  labels: shape.labels.default({}),
  criticality: shape.criticality,
  /** The group, if not said. */
  owner: agentId.optional(),
  runbook: shape.runbook.default(null),
  consequence: shape.consequence,
  normalSeconds: shape.normalSeconds,
  consumes: z.array(topicPattern).default([]),
  publishes: z.array(topicName).default([]),
  /** A process with the agent's id as its name, if not said. */
  runtime: z.strictObject(shape.runtime.shape).optional(),
  /** That it speaks the protocol, if not said. */
  presence: shape.presence,
  /** Never frozen; the same as a label `exempt: "true"`. */
  exempt: z.boolean().default(false),
  heartbeat: z.strictObject(mappedHeartbeat.shape).optional(),
  command,
});
const fleetFileSchema = z.strictObject({
  fleet: agentId,
  topics: z.array(topicName).default([]),
  keep: z.record(topicName, keptEntries).optional(),
  /** Least number of agents of a group that have to work while others of it are restarted; half of it, if not said. */
  minimums: z.record(agentId, z.number().int().nonnegative().max(100_000)).optional(),
  agents: z.array(listedAgent).min(1),
});
type Listed = z.infer<typeof fleetFileSchema>;

/** What fleet.yaml says, with the defaults filled in. */
export interface FleetFile {
  readonly fleet: string;
  /** Topics that come from outside the fleet. */
  readonly topics: readonly string[];
  /** Entries to keep by topic, where that is not the usual number. */
  readonly keep?: Readonly<Record<string, number>>;
  /** Agents of a group that have to work while others of it are restarted, where that is not half of it. */
  readonly minimums?: Readonly<Record<string, number>>;
  readonly agents: readonly (Omit<ExpectedAgent, "desired"> & { readonly command?: readonly string[] | undefined })[];
}

/**
 * Reads and checks the list of who should exist.
 * @throws Failure "invalid_input" with all problems at once: file, line, what was found, what is allowed
 */
export async function readFleetFile(path: string): Promise<FleetFile> {
  const file = await readYamlFile(path, fleetFileSchema);
  const { agents } = file.value;
  file.refuse([
    ...duplicates(file, agents),
    ...wrongParents(file, agents),
    ...circles(file, agents),
    ...wrongPresences(file, agents),
    ...unknownTopics(file),
    ...unknownKept(file),
    ...wrongMinimums(file),
  ]);
  return {
    fleet: file.value.fleet,
    topics: file.value.topics,
    ...(file.value.keep !== undefined && { keep: file.value.keep }),
    ...(file.value.minimums !== undefined && { minimums: file.value.minimums }),
    agents: agents.map(({ exempt, ...agent }) => ({
      ...agent,
      labels: exempt ? { ...agent.labels, [EXEMPT]: "true" } : agent.labels,
      owner: agent.owner ?? agent.group,
      runtime: agent.runtime ?? { kind: "process" as const, name: agent.id },
    })),
  };
}

/** What the built-in supervisor has to know of the agents: who they are, and the command of those that declare one. */
export const startableAgents = ({ agents }: FleetFile) => agents.map(({ id, command }) => ({ id, command }));

/** Ids of the agents that declare a command. */
export const commandedAgents = ({
  agents,
}: {
  readonly agents: readonly Pick<FleetFile["agents"][number], "id" | "command">[];
}): string[] => agents.filter(({ command }) => command !== undefined).map(({ id }) => id);

const RUNNING: DesiredState = { state: "running", by: null, since: null, reason: null };

/**
 * The list that everyone but the control service reads.
 * @param desired by agent id; an agent without an entry should run
 * @param now Redis time in ms
 */
export function compileFleet(
  file: FleetFile,
  desired: ReadonlyMap<string, DesiredState>,
  { version, now }: { version: number; now: number },
): CompiledFleet {
  return {
    v: PROTOCOL_VERSION,
    fleet: file.fleet,
    version,
    at: now,
    agents: file.agents.map(({ command: _, ...agent }) => ({ ...agent, desired: desired.get(agent.id) ?? RUNNING })),
    topics: allTopics(file),
    ...(file.keep !== undefined && { keep: { ...file.keep } }),
    ...(file.minimums !== undefined && { minimums: { ...file.minimums } }),
  };
}

const allTopics = (file: { topics: readonly string[]; agents: readonly { publishes: readonly string[] }[] }) =>
  [...new Set([...file.topics, ...file.agents.flatMap((agent) => agent.publishes)])].toSorted();

type Agents = Listed["agents"];

function duplicates(file: YamlFile<Listed>, agents: Agents): string[] {
  const first = new Map<string, number>();
  return agents.flatMap(({ id }, index) => {
    const before = first.get(id);
    if (before === undefined) first.set(id, index);
    return before === undefined
      ? []
      : [
          file.problem(
            ["agents", index, "id"],
            `found "${id}" again, it is agents[${before}] already; allowed: each id once`,
          ),
        ];
  });
}

function wrongParents(file: YamlFile<Listed>, agents: Agents): string[] {
  const ids = new Set(agents.map((agent) => agent.id));
  return agents.flatMap(({ parent }, index) =>
    parent === null || ids.has(parent)
      ? []
      : [
          file.problem(
            ["agents", index, "parent"],
            `found "${parent}", which is no agent; allowed: the id of an agent of this file`,
          ),
        ],
  );
}

function wrongPresences(file: YamlFile<Listed>, agents: Agents): string[] {
  return agents.flatMap(({ presence, heartbeat }, index) => {
    if (presence === "heartbeat" && heartbeat === undefined)
      return [
        file.problem(
          ["agents", index, "presence"],
          'found "heartbeat" without saying where it stands; allowed: a heartbeat beside it, with key, time and maxAgeSeconds',
        ),
      ];
    if (presence !== "heartbeat" && heartbeat !== undefined)
      return [
        file.problem(
          ["agents", index, "heartbeat"],
          `found with ${presence === undefined ? "no presence" : `presence: ${presence}`}; allowed: only with presence: heartbeat`,
        ),
      ];
    return [];
  });
}

function circles(file: YamlFile<Listed>, agents: Agents): string[] {
  const parents = new Map(agents.map((agent) => [agent.id, agent.parent]));
  return agents.flatMap(({ id }, index) => {
    const way = [id];
    for (let next = parents.get(id); next; next = parents.get(next)) {
      if (next === id) {
        const circle = [...way, id].join(" → ");
        return [
          file.problem(["agents", index, "parent"], `found a circle ${circle}; allowed: a parent that is not below it`),
        ];
      }
      // A circle further up is reported where it is.
      if (way.includes(next)) return [];
      way.push(next);
    }
    return [];
  });
}

function unknownTopics(file: YamlFile<Listed>): string[] {
  const topics = allTopics(file.value);
  return file.value.agents.flatMap(({ consumes }, index) =>
    consumes.flatMap((pattern, place) =>
      matchTopics(pattern, topics).length > 0
        ? []
        : [
            file.problem(
              ["agents", index, "consumes", place],
              `found "${pattern}", which nobody publishes; allowed: a topic that an agent publishes, or one of topics (from outside)`,
            ),
          ],
    ),
  );
}

function unknownKept(file: YamlFile<Listed>): string[] {
  const topics = allTopics(file.value);
  return Object.keys(file.value.keep ?? {}).flatMap((topic) =>
    topics.includes(topic)
      ? []
      : [
          file.problem(
            ["keep", topic],
            `found "${topic}", which is no topic; allowed: a topic that an agent publishes`,
          ),
        ],
  );
}

/** A minimum that is no less than the group would let nobody of it be restarted. */
function wrongMinimums(file: YamlFile<Listed>): string[] {
  return Object.entries(file.value.minimums ?? {}).flatMap(([group, minimum]) => {
    const size = file.value.agents.filter((agent) => agent.group === group).length;
    if (minimum < size) return [];
    const found = size === 0 ? `"${group}", which is no group` : `${minimum} of a group of ${size}`;
    const allowed = size === 0 ? "a group of an agent" : `at most ${size - 1}, so that one can be restarted`;
    return [file.problem(["minimums", group], `found ${found}; allowed: ${allowed}`)];
  });
}
