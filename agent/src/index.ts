export { FAULTS, type Fault } from "@rollcall/core/protocol/faults.ts";
export { type Agent, type AgentOptions, EXIT_FENCED, startAgent } from "./agent.ts";
export { type AgentConfig, AgentEnvironment, readConfig } from "./config.ts";
export { MalformedEvent } from "./event.ts";
export type { Handler, PeriodicWork, WorkContext } from "./handler.ts";
export { createLog, type Log } from "./log.ts";
export { pause } from "./persist.ts";
export type { Publish, PublishOptions } from "./publish.ts";
export type { NewRun, RunReporter } from "./runs.ts";
