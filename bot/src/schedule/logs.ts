import { type CollectWatch, collectFrom } from "@rollcall/core/logs/collect-logs.ts";
import type { Clock } from "@rollcall/core/ports/clock.ts";
import type { LogSource } from "@rollcall/core/ports/log-source.ts";
import type { LogStore } from "@rollcall/core/ports/log-store.ts";
import type { Logger } from "pino";
import type { ControlConfig } from "../config.ts";
import type { LogSources } from "../log-sources.ts";
import type { LogMetrics } from "../metrics/logs.ts";
import type { Loop, LoopOptions } from "./loop.ts";

// A line is there about a second after it was written.
const COLLECT_MS = 1_000;
// These are asked program by program, by requests and command lines.
const COLLECT_RUNTIMES_MS = 3_000;
const FORGET_MS = 3_600_000;

interface Collecting {
  readonly config: Pick<ControlConfig, "ROLLCALL_LOG_LINES_PER_SECOND" | "ROLLCALL_LOG_DAYS">;
  readonly sources: LogSources;
  readonly store: Pick<LogStore, "cursor" | "keep" | "noteProblem" | "forget">;
  readonly clock: Clock;
  readonly metrics: LogMetrics;
  readonly log: Pick<Logger, "info" | "warn">;
  readonly whenLeading: () => boolean;
}

/** Brings logs into the store, a loop for each place, so that none waits for another; and lets go of old ones. */
export function logLoops(collecting: Collecting, loop: (options: LoopOptions) => Loop): Loop[] {
  const { config, sources, store, whenLeading } = collecting;
  const keptDays = config.ROLLCALL_LOG_DAYS;
  const linesPerSecond = config.ROLLCALL_LOG_LINES_PER_SECOND;
  const watch = watchOf(collecting);
  const collect = (source: LogSource, how: Pick<LoopOptions, "everyMs" | "when">): Loop =>
    loop({
      name: loopNameOf(source),
      ...how,
      run: collectFrom({ source, store, clock: collecting.clock, linesPerSecond, keptDays, watch }),
    });
  return [
    ...sources.fleet.map((source) => collect(source, { everyMs: COLLECT_MS, when: whenLeading })),
    ...sources.runtimes.map((source) => collect(source, { everyMs: COLLECT_RUNTIMES_MS, when: whenLeading })),
    ...sources.host.map((source) => collect(source, { everyMs: COLLECT_MS })),
    loop({ name: "logs-kept", everyMs: FORGET_MS, when: whenLeading, run: () => store.forget(keptDays) }),
  ];
}

/** Without the name of the host, which would make it one name for each. */
const loopNameOf = ({ name }: LogSource): string => `logs-${name.split(" ")[0]}`;

/** Counts, and says what is wrong when it begins and when it ends: more would be lines about lines. */
const watchOf = ({ metrics, log }: Pick<Collecting, "metrics" | "log">): CollectWatch => ({
  kept: metrics.kept,
  failed: metrics.failed,
  problem(place, problem) {
    if (problem === null) log.info({ place }, "logs are read again");
    else log.warn({ place, problem }, "logs cannot be read");
  },
});
