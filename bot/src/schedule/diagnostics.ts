import { DIAGNOSTICS_COMMAND } from "@rollcall/core/diagnostic-run.ts";
import type { Actor } from "@rollcall/core/domain/actor.ts";
import { newestDue } from "@rollcall/core/domain/due-time.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import type { Clock } from "@rollcall/core/ports/clock.ts";
import type { CommandAnswer, CommandRequest } from "@rollcall/core/run-command.ts";
import { createTask } from "node-cron";
import type { Logger } from "pino";

const NAME = "nightly-smoke";
const SUITE = "smoke";

/** Its rights are fixed: it may run diagnostics and nothing else. */
export const NIGHTLY: Actor = {
  id: `schedule:${NAME}`,
  name: `schedule ${NAME}`,
  role: "operator",
  person: false,
  source: "the schedule",
  slackUser: null,
  only: [DIAGNOSTICS_COMMAND],
};

interface ScheduleDeps {
  /** Five fields. */
  readonly cron: string;
  /** IANA name of the time zone that they are meant in, whatever that of the process is. */
  readonly zone: string;
  readonly run: (request: CommandRequest) => Promise<CommandAnswer>;
  readonly clock: Clock;
  readonly log: Pick<Logger, "debug" | "info" | "warn" | "error">;
}

export interface DiagnosticSchedule {
  /** Sees to it that the newest due time has its run; a few times a minute, for what the trigger has missed. */
  catchUp(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Runs diagnostics when they are due. Every control service tries, whether it leads or not: the due time is the idempotency
 * key of the operation, unique in PostgreSQL, so each due time has one run, whoever is awake.
 */
export function startDiagnosticSchedule({ cron, zone, run, clock, log }: ScheduleDeps): DiagnosticSchedule {
  let settled: string | null = null;
  const wall = createTask(cron, () => undefined, { timezone: "UTC" });
  const timetable = { cron, zone, matches: (date: Date) => wall.match(date) };
  const catchUp = async (): Promise<void> => {
    const due = newestDue(timetable, clock.now());
    if (due === null || due === settled) return;
    if (await runOnce(due, { run, log })) settled = due;
  };
  const options = { name: NAME, timezone: zone, unref: true, suppressMissedWarning: true, logger: quiet(log) };
  const task = createTask(
    cron,
    () => catchUp().catch((err) => log.warn({ err }, "a due run is not begun yet")),
    options,
  );
  void task.start();
  const stop = async (): Promise<void> => void (await Promise.all([task.destroy(), wall.destroy()]));
  return { catchUp, stop };
}

/** @returns false if it has to be tried again: another run holds the checks */
async function runOnce(due: string, { run, log }: Pick<ScheduleDeps, "run" | "log">): Promise<boolean> {
  const id = `schedule:${NAME}:${due}`;
  const wish = { command: DIAGNOSTICS_COMMAND, input: { suite: SUITE }, actor: NIGHTLY, door: "schedule" as const };
  try {
    await run({ ...wish, reason: null, requestId: id, idempotencyKey: id, incidentId: null });
    return true;
  } catch (error) {
    if (!isFailure(error) || error.code !== "conflict") throw error;
    log.info({ due: id }, "another run of diagnostics is under way, the due one waits for it");
    return false;
  }
}

/** node-cron writes to the console otherwise. */
const quiet = (log: ScheduleDeps["log"]) => ({
  debug: (message: string | Error) => log.debug({ err: message }, "node-cron"),
  info: (message: string) => log.debug(message),
  warn: (message: string) => log.warn(message),
  error: (message: string | Error, err?: Error) => log.error({ err: err ?? message }, "node-cron"),
});
