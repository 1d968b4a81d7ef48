import type { Heartbeat } from "@rollcall/core/protocol.ts";
import type { AgentConfig } from "./config.ts";
import type { Handler, HealthProbe, PeriodicWork, RunOnDemand } from "./handler.ts";
import type { Log } from "./log.ts";

export interface AgentOptions {
  readonly config: AgentConfig;
  /** Topics and patterns (`stock.*`) that it reads. */
  readonly consumes: readonly string[];
  readonly publishes: readonly string[];
  /** By topic or pattern; each declared one needs a handler. */
  readonly handle?: Readonly<Record<string, Handler>>;
  readonly periodic?: readonly PeriodicWork[];
  /** Runs that it begins when somebody orders one, by name. */
  readonly runs?: Readonly<Record<string, RunOnDemand>>;
  /** Says whether the agent can do its work: what it stands on, beside the bus. */
  readonly health?: HealthProbe;
  /** Topics that exist, for patterns; the compiled fleet on the bus adds to them. */
  readonly knownTopics?: readonly string[];
  readonly runtime?: Heartbeat["runtime"];
  readonly log?: Log;
  /** What ends the process; default `process.exit`. */
  readonly exit?: (code: number) => void;
}

/** A running agent. */
export interface Agent {
  readonly id: string;
  readonly epoch: number;
  /** Finishes the item in hand (at most `graceMs`, default 5000) and exits: 0, or 1 if the item was not finished. */
  stop(graceMs?: number): Promise<void>;
  /** Resolves with the exit code when it has ended. */
  readonly ended: Promise<number>;
}
