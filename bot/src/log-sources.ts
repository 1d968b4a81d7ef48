import { hostname } from "node:os";
import { followLogFiles } from "@rollcall/core/adapters/log-files/log-files.ts";
import type { BuiltInSupervisor } from "@rollcall/core/adapters/supervisors/built-in.ts";
import { followRuntime } from "@rollcall/core/adapters/supervisors/runtime-logs.ts";
import type { RuntimeKind, RuntimesInUse } from "@rollcall/core/adapters/supervisors/supervise-runtimes.ts";
import type { LogSource } from "@rollcall/core/ports/log-source.ts";
import type { ControlConfig } from "./config.ts";

/** Where logs are read from. */
export interface LogSources {
  /** Of the agents: read by the leader alone. */
  readonly fleet: readonly LogSource[];
  /** The same, of other runtimes. */
  readonly runtimes: readonly LogSource[];
  /** Of the services on this host: read by each control service on its own. */
  readonly host: readonly LogSource[];
}

interface Readable extends Pick<RuntimesInUse, "runtimes" | "registry"> {
  readonly builtIn: Pick<BuiltInSupervisor, "logs">;
  readonly onProblem: (problem: string) => void;
}

export function logSourcesOf(
  { ROLLCALL_LOG_DIR: folder }: Pick<ControlConfig, "ROLLCALL_LOG_DIR">,
  { builtIn, runtimes, registry, onProblem }: Readable,
): LogSources {
  // Other hosts have files of the same names, so the place bears the name of its host.
  const name = `services on ${hostname()}`;
  return {
    fleet: [builtIn.logs],
    runtimes: ofRuntimes({ runtimes, registry }),
    host: folder === undefined ? [] : [followLogFiles({ name, kind: "service", folder, onProblem })],
  };
}

function ofRuntimes({ runtimes, registry }: Pick<RuntimesInUse, "runtimes" | "registry">): LogSource[] {
  return Object.entries(runtimes).flatMap(([kind, runtime]) => {
    const { logs } = runtime;
    if (logs === undefined) return [];
    return [followRuntime({ kind: kind as RuntimeKind, runtime: { ...runtime, logs }, registry })];
  });
}
