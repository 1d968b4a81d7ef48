import { connectBuiltInSupervisor } from "@rollcall/core/adapters/supervisors/built-in.ts";
import { endProcesses, findMarkedProcesses } from "../tools/own-processes.ts";
import type { ProcessName } from "./addresses.ts";
import type { Keeper } from "./keeper.ts";
import { type Layout, STACK_MARK } from "./layout.ts";

// Alertmanager finishes what it is sending, so its receivers go after it; and everybody writes to the stores.
const ORDER: readonly (readonly ProcessName[])[] = [
  ["supervisor", "Prometheus", "Alertmanager"],
  ["Grafana stand-in"],
  ["control service", "exporter", "Slack stand-in", "Google stand-in", "PagerDuty stand-in"],
  ["PostgreSQL", "Redis"],
];

/** Ends the agents and everything else, the two stores last. Whatever is left by then is killed. */
export async function stopProcesses(layout: Layout, keeper: Keeper): Promise<{ processes: number; seconds: number }> {
  const begin = Date.now();
  keeper.giveUp();
  const agents = await countAgents(layout);
  const running = keeper.rows().filter(({ pid }) => pid !== null).length;
  for (const names of ORDER) await keeper.stop(names);
  await endProcesses(findMarkedProcesses(STACK_MARK, layout.root), 2_000);
  return { processes: agents + running, seconds: (Date.now() - begin) / 1000 };
}

async function countAgents({ supervisorSocket }: Layout): Promise<number> {
  try {
    const states = await connectBuiltInSupervisor(supervisorSocket).list();
    return states.filter(({ state }) => state === "running").length;
  } catch {
    // Without a supervisor there are no agents that it keeps.
    return 0;
  }
}
