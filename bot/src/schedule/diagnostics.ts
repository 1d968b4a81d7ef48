import { DIAGNOSTICS_COMMAND } from "@rollcall/core/diagnostic-run.ts";
import type { Actor } from "@rollcall/core/domain/actor.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import type { Clock } from "@rollcall/core/ports/clock.ts";
import type { CommandAnswer, CommandRequest } from "@rollcall/core/run-command.ts";
import { createTask } from "node-cron";
import type { Logger } from "pino";

const NAME = "nightly-smoke";
const SUITE = "smoke";
const MINUTE_MS = 60_000;
/** A due time is made up for this long: every service was down, PostgreSQL was away, or a run by hand was under way. */
const CATCH_UP_MINUTES = 10;

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
  /** Five fields, in the time zone of the process. */
  readonly cron: string;
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
export function startDiagnosticSchedule({ cron, run, clock, log }: ScheduleDeps): DiagnosticSchedule {
  let settled: number | null = null;
  const catchUp = async (): Promise<void> => {
    const due = newestDue((date) => task.match(date), clock.now());
    if (due === null || due === settled) return;
    if (await runOnce(due, { run, log })) settled = due;
  };
  const options = { name: NAME, unref: true, suppressMissedWarning: true, logger: quiet(log) };
  const task = createTask(
    cron,
    () => catchUp().catch((err) => log.warn({ err }, "a due run is not begun yet")),
    options,
  );
  void task.start();
  return { catchUp, stop: async () => void (await task.destroy()) };
}

/** The newest full minute that is due and not too long ago, ms since the epoch; null if there is none. */
function newestDue(matches: (date: Date) => boolean, now: number): number | null {
  const minute = now - (now % MINUTE_MS);
  for (let back = 0; back < CATCH_UP_MINUTES; back++) {
    const at = minute - back * MINUTE_MS;
    if (matches(new Date(at))) return at;
  }
  return null;
}

/** @returns false if it has to be tried again: another run holds the checks */
async function runOnce(due: number, { run, log }: Pick<ScheduleDeps, "run" | "log">): Promise<boolean> {
  const id = `schedule:${NAME}:${new Date(due).toISOString()}`;
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
