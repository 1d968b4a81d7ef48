import type { Ports } from "@rollcall/core/command.ts";
import type { OpenRegistry } from "@rollcall/core/registry.ts";
import { type Reminded, remindAgents } from "@rollcall/core/remind-agents.ts";
import type { Logger } from "pino";

interface Deps {
  readonly ports: Pick<Ports, "bus">;
  readonly registry: Pick<OpenRegistry, "expected" | "setDesired" | "endPauses">;
  readonly log: Pick<Logger, "info">;
}

/**
 * Ends pauses whose time is over, and reminds agents of what is wanted of them.
 * @returns one round of it @throws Failure "unavailable" from that
 */
export function keepPauses({ ports, registry, log }: Deps): () => Promise<void> {
  const reminded: Reminded = new Map();
  return async () => {
    const ended = await registry.endPauses();
    if (ended.length > 0) log.info({ agents: ended }, "pauses are over");
    const told = await remindAgents({ registry, bus: ports.bus }, { reminded, changed: ended });
    const others = told.filter((agent) => !ended.includes(agent));
    if (others.length > 0) log.info({ agents: others }, "agents were reminded of what is wanted of them");
  };
}
