import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Agent, type AgentOptions, startAgent } from "@rollcall/agent/index.ts";
import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { askAgents } from "@rollcall/core/ask-agents.ts";
import { deriveAgentKey } from "@rollcall/core/protocol/seal.ts";
import type { BenchStack } from "./bench-stack.ts";
import { type Figure, repeat, timing } from "./figures.ts";

const TIMES = 400;
const WARM_UP = 100;
const LIMITS = { p50: 1, p99: 5 };
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

export async function measureBus(stack: BenchStack): Promise<Figure[]> {
  const why = "each way is two wake-ups of a process, which wait for a core that 31 processes of the stack share";
  return [
    timing({ what: "echo of one agent of the stack", samples: await echoes(stack), ...LIMITS, why }),
    timing({ what: "event there and back", samples: await eventsThereAndBack(stack), ...LIMITS, why }),
  ];
}

async function echoes(stack: BenchStack): Promise<number[]> {
  const bus = openFleetBus({ url: stack.redisUrl, fleet: stack.fleet, fleetKey: stack.secrets.fleetKey });
  const samples: number[] = [];
  try {
    await repeat(TIMES + WARM_UP, async () => {
      const agents = ["billing"];
      const { took } = await askAgents(bus, { fleet: stack.fleet, kind: "echo", agents, epoch: null, timeoutMs: 5000 });
      const ms = took.get("billing");
      if (ms === undefined) throw new Error("billing did not answer an echo");
      samples.push(ms);
    });
    return samples.slice(WARM_UP);
  } finally {
    bus.close();
  }
}

/** Two agents of the SDK: one publishes and waits for what the other publishes when it has handled that. */
async function eventsThereAndBack(stack: BenchStack): Promise<number[]> {
  const dir = await mkdtemp(join(tmpdir(), "rollcall-bench-bus-"));
  const [there, back] = ["bench.there", "bench.back"];
  const samples: number[] = [];
  const all = Promise.withResolvers<void>();
  const agents: Agent[] = [];
  const start = async (agent: string, options: Omit<AgentOptions, "config">) =>
    agents.push(
      await startAgent({
        config: {
          ...{
            agent,
            fleet: "bench-bus",
            redisUrl: stack.redisUrl,
            key: deriveAgentKey(stack.secrets.fleetKey, agent),
          },
          ...{ dir: join(dir, agent), startedBy: null, allowDrills: false, version: "1.0.0" },
        },
        ...{ log: SILENT, exit: () => undefined, ...options },
      }),
    );
  let sentAt = 0;
  const send = async (publish: (topic: string, content: Record<string, never>) => Promise<unknown>) => {
    sentAt = performance.now();
    await publish(there, {});
  };
  try {
    await start("answers", {
      ...{ consumes: [there], publishes: [back] },
      handle: { [there]: async (_event, { publish }) => void (await publish(back, {})) },
    });
    await start("asks", {
      ...{ consumes: [back], publishes: [there] },
      handle: {
        [back]: async (_event, { publish }) => {
          samples.push(performance.now() - sentAt);
          if (samples.length < TIMES + WARM_UP) await send(publish);
          else all.resolve();
        },
      },
      periodic: [{ name: "begin", everyMs: 3_600_000, firstAfterMs: 500, run: ({ publish }) => send(publish) }],
    });
    await Promise.race([all.promise, tooLate()]);
    return samples.slice(WARM_UP);
  } finally {
    await Promise.all(agents.map((agent) => agent.stop()));
    await rm(dir, { recursive: true, force: true });
  }
}

const tooLate = () =>
  new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error("the events were not all handled in 60 s")), 60_000).unref();
  });
