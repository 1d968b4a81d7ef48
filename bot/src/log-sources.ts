import { hostname } from "node:os";
import { followLogFiles } from "@rollcall/core/adapters/log-files/log-files.ts";
import type { BuiltInSupervisor } from "@rollcall/core/adapters/supervisors/built-in.ts";
import type { LogSource } from "@rollcall/core/ports/log-source.ts";
import type { ControlConfig } from "./config.ts";

/** Where logs are read from. */
export interface LogSources {
  /** Of the agents: read by the leader alone. */
  readonly fleet: readonly LogSource[];
  /** Of the services on this host: read by each control service on its own. */
  readonly host: readonly LogSource[];
}

export function logSourcesOf(
  { ROLLCALL_LOG_DIR: folder }: Pick<ControlConfig, "ROLLCALL_LOG_DIR">,
  { builtIn, onProblem }: { builtIn: Pick<BuiltInSupervisor, "logs">; onProblem: (problem: string) => void },
): LogSources {
  // Other hosts have files of the same names, so the place bears the name of its host.
  const name = `services on ${hostname()}`;
  return {
    fleet: [builtIn.logs],
    host: folder === undefined ? [] : [followLogFiles({ name, kind: "service", folder, onProblem })],
  };
}
