import type { RunInput, RunInputValue } from "@rollcall/core/protocol/declared-run.ts";
import type { Envelope } from "@rollcall/core/protocol.ts";
import type { Log } from "./log.ts";
import type { ApiCalls } from "./metrics/api-calls.ts";
import type { Publish } from "./publish.ts";
import type { RunReporter } from "./runs.ts";

/** What the work of an agent can use. */
export interface WorkContext {
  readonly agent: string;
  readonly log: Log;
  readonly publish: Publish;
  /** Reports of runs: begun, a step reached, ended. */
  readonly runs: RunReporter;
  /** Counts calls of outside APIs, for the agent's heartbeats. */
  readonly calls: ApiCalls;
  /** Redis time in ms, as far as it can be known here. */
  now(): number;
  /** Aborts when the process ends. */
  readonly signal: AbortSignal;
}

/** Handles one event; an error is tried again, a MalformedEvent is parked at once. */
export type Handler = (event: Envelope, context: WorkContext) => Promise<void> | void;

/** Work without an event: taking orders from a shop, closing the day. Runs in the same loop, never twice at a time. */
export interface PeriodicWork {
  /** Words of a-z, 0-9 and -; shown beside the topics. */
  readonly name: string;
  readonly everyMs: number;
  /** Default: one period after the start. */
  readonly firstAfterMs?: number;
  readonly run: (context: WorkContext) => Promise<void> | void;
}

/** A run that the agent begins when somebody orders one. */
export interface RunOnDemand {
  /** What it does, at most 100 characters. */
  readonly about: string;
  /** What may be said when it is ordered, by name; nothing else is taken. */
  readonly inputs?: Readonly<Record<string, RunInput>>;
  /** Steps that it will have. */
  readonly steps: number | ((inputs: RunInputs) => number);
  /** Usual upper time; not ended then, it is shown as unfinished. */
  readonly withinSeconds: number;
  /** Agents that may say how it ended, beside this one. */
  readonly endedBy?: readonly string[];
  /** Begins it, in the work loop; the run is reported as begun already. An error ends it as failed. */
  readonly begin: (
    order: { readonly id: string; readonly inputs: RunInputs },
    context: WorkContext,
  ) => Promise<void> | void;
}
export type RunInputs = Readonly<Record<string, RunInputValue>>;

/** Whether the agent can do its work; an error says why not, a text what is to be said beside "yes". Asked aside from the work loop. */
export type HealthProbe = (context: WorkContext) => Promise<string | null> | string | null;

/** The handler whose pattern stands for the topic; an exact one first. */
export function findHandler(handlers: Readonly<Record<string, Handler>>, topic: string): Handler | undefined {
  if (handlers[topic]) return handlers[topic];
  const pattern = Object.keys(handlers).find((name) => name.endsWith(".*") && topic.startsWith(name.slice(0, -1)));
  return pattern === undefined ? undefined : handlers[pattern];
}
