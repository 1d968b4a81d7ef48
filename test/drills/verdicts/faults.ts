import { randomUUID } from "node:crypto";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { type ExpectedAgent, matchTopics } from "@rollcall/core/protocol.ts";
import { Redis } from "ioredis";
import type { CrashStage } from "../crash-points/stage.ts";
import type { SeenAgent, VerdictDoor } from "./door.ts";

/** Where a fault is tried. */
export interface Trial {
  readonly stage: CrashStage;
  readonly door: VerdictDoor;
  readonly agent: ExpectedAgent;
  /** Topics of the fleet. */
  readonly topics: readonly string[];
  /** As it was before the fault. */
  readonly before: SeenAgent;
}

/** A fault switch, or a state on purpose, and what has to be seen of it. */
export interface Fault {
  readonly name: string;
  /** What it should be called. */
  readonly wanted: string;
  /** Whether this agent can have it. */
  fits?(agent: ExpectedAgent): boolean;
  begin(trial: Trial): Promise<void>;
  /** Whether it is seen now. */
  isSeen(seen: SeenAgent, trial: Trial): Promise<boolean> | boolean;
  end(trial: Trial): Promise<unknown>;
}

const drill = ({ door, agent }: Trial, fault: string) => door.order("drill", { fault, id: agent.id });
const act = ({ door, agent }: Trial, command: string) => door.order(command, { who: [agent.id] });
const isCalled =
  (verdict: string) =>
  (seen: SeenAgent): boolean =>
    seen.verdict === verdict;
const works = ({ verdict }: SeenAgent): boolean => verdict === "working" || verdict === "busy";

const LEAKED_BYTES = 150 * 2 ** 20;
const SKEWED_MS = 3_500_000;
const readsSomething = ({ consumes }: ExpectedAgent): boolean => consumes.length > 0;

const byDrill = (name: string, wanted: string, end: string): Fault => ({
  ...{ name, wanted, isSeen: isCalled(wanted) },
  begin: async (trial) => void (await drill(trial, name)),
  end: (trial) => (end === "end" ? drill(trial, "end") : act(trial, end)),
});

export const FAULTS: readonly Fault[] = [
  byDrill("crash", "gone", "restart"),
  byDrill("hang", "alive but not consuming", "restart"),
  byDrill("stop-consuming", "alive but not consuming", "restart"),
  {
    ...byDrill("drop-subscription", "its subscription dead, and itself not called stuck", "end"),
    fits: readsSomething,
    async begin(trial) {
      const { targets } = await drill(trial, "drop-subscription");
      const dropped = targets[0]?.stages[0]?.detail?.split(" ")[0] ?? "";
      await publish(trial, dropped, { probe: true });
    },
    async isSeen(seen, { door, agent }) {
      const { subscriptions } = await door.look<{ subscriptions: { agent: string; state: string }[] }>("bus-subs", {
        pattern: agent.id,
      });
      return works(seen) && subscriptions.some((one) => one.agent === agent.id && one.state === "dead");
    },
  },
  {
    ...byDrill("slow", "slow", "end"),
    async begin(trial) {
      await drill(trial, "slow");
      const [topic] = topicsOf(trial);
      // Who reads nothing has work of its own to be slow at.
      if (topic !== undefined) await publish(trial, topic, { onlyfor: trial.agent.id });
    },
  },
  {
    ...byDrill("leak", "more memory, and working", "end"),
    isSeen: (seen, { before }) => works(seen) && (seen.rssBytes ?? 0) - (before.rssBytes ?? 0) > LEAKED_BYTES,
  },
  {
    ...byDrill("wrong-version", "silent, its version named", "end"),
    isSeen: (seen) => seen.verdict === "silent" && seen.note?.includes("protocol 2.") === true,
  },
  {
    ...byDrill("skewed-clock", "working, its clock an hour ahead", "end"),
    isSeen: (seen) => works(seen) && (seen.clockSkewMs ?? 0) > SKEWED_MS,
  },
  {
    ...{ name: "paused", wanted: "paused", isSeen: (seen) => seen.verdict === "paused" && seen.health === "off" },
    begin: async (trial) => void (await onPurpose(trial, "pause")),
    async end(trial) {
      if (trial.agent.criticality === "P0") await act(trial, "restart");
      return act(trial, "resume");
    },
  },
  {
    ...{ name: "stopped", wanted: "stopped", isSeen: (seen) => seen.verdict === "stopped" && seen.health === "off" },
    begin: async (trial) => void (await onPurpose(trial, "stop")),
    end: (trial) => act(trial, "start"),
  },
  {
    ...{ name: "frozen", wanted: "silent", isSeen: isCalled("silent") },
    begin: async (trial) => process.kill(await pidOf(trial), "SIGSTOP") && undefined,
    end: async (trial) => process.kill(await pidOf(trial), "SIGCONT"),
  },
];

/** A P0 agent that works is stopped by two people only; one that does not, by one. */
async function onPurpose(trial: Trial, command: "pause" | "stop"): Promise<void> {
  const { door, agent } = trial;
  if (agent.criticality === "P0") {
    await drill(trial, "hang");
    await until(async () =>
      (await door.status()).some(({ id, verdict }) => id === agent.id && verdict === "alive but not consuming"),
    );
  }
  await act(trial, command);
}

async function pidOf({ stage, agent }: Trial): Promise<number> {
  const { pid } = await stage.supervisor.inspect(agent.id);
  if (pid === null) throw new Error(`${agent.id} has no process`);
  return pid;
}

const topicsOf = ({ agent, topics }: Trial): string[] =>
  agent.consumes.flatMap((pattern) => matchTopics(pattern, topics));

async function publish({ stage }: Trial, topic: string, more: object): Promise<void> {
  const redis = new Redis(stage.redisUrl, { maxRetriesPerRequest: 3 });
  redis.on("error", () => undefined);
  const event = {
    ...{ specversion: "1.0", id: randomUUID(), source: "drill", type: topic, time: new Date().toISOString() },
    ...{ datacontenttype: "application/json", data: {}, ...more },
  };
  try {
    await redis.xadd(keysOf(stage.fleet).topic(topic), "*", "e", JSON.stringify(event));
  } finally {
    redis.disconnect();
  }
}

const LOOK_MS = 1000;

/** @throws Error if it is not so within two minutes */
export async function until(isSo: () => Promise<boolean>, withinMs = 120_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; !(await isSo()); ) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
