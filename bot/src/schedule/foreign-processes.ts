import type { Ports } from "@rollcall/core/command.ts";
import { isForeign } from "@rollcall/core/domain/foreign-verdict.ts";

/**
 * Writes down which foreign agents' processes are up, for the exporter, which asks no supervisor. What a supervisor does not
 * know is left out: it is unknown, and neither up nor down.
 * @throws Failure "unavailable"
 */
export async function markForeignProcesses(ports: Pick<Ports, "bus" | "registry" | "supervisor">): Promise<void> {
  const { agents } = await ports.registry.expected();
  const foreign = new Set(agents.filter(isForeign).map(({ id }) => id));
  if (foreign.size === 0) return;
  const processes = (await ports.supervisor.list()).filter(({ agent }) => foreign.has(agent));
  await ports.bus.markProcesses(new Map(processes.map(({ agent, state }) => [agent, state === "running"])));
}
