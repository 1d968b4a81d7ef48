import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { dueAt, type Timetable } from "@rollcall/core/domain/due-time.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { createTask } from "node-cron";
import { type Collector, sampleOf, unexpectedOf } from "./collector.ts";
import type { CronJob, SettingsOf } from "./collectors-file.ts";

const MINUTE_MS = 60_000;
// What is due once a month is found. A minute takes 25 µs, so all of them about a second, once for each job.
const SEARCHED_MINUTES = 32 * 24 * 60;
// A scrape that comes in between is to wait for milliseconds only.
const MINUTES_AT_ONCE = 500;
const FAILED = ".failed";

interface Watched extends CronJob {
  readonly timetable: Timetable;
  /** ms; up to here it was looked for due times. */
  searchedUntil: number;
  dueAt: number | null;
}

interface Runs {
  readonly succeededAt: number | null;
  readonly failedAt: number | null;
}

/**
 * Jobs of a cron. A job that has succeeded touches the file of its name in the folder, and one that has failed may touch
 * `NAME.failed`: `30 2 * * * backup && touch /var/lib/rollcall/cron/backup`. So the last run is known after any restart.
 */
export function cronCollector(settings: SettingsOf<"cron">, now: () => number = Date.now): Collector {
  const { folder, zone, everySeconds, timeoutSeconds } = settings;
  const jobs = settings.jobs.map((job): Watched => {
    const task = createTask(job.schedule, () => undefined, { timezone: "UTC" });
    const timetable = { cron: job.schedule, zone, matches: (wall: Date) => task.match(wall) };
    return { ...job, timetable, searchedUntil: 0, dueAt: null };
  });
  return {
    name: "cron",
    everySeconds,
    timeoutSeconds,
    async collect(signal) {
      const files = await readdir(folder).catch((cause: unknown) => {
        throw new Failure("unavailable", `the folder ${folder} cannot be read`, { cause });
      });
      const found: { job: Watched; runs: Runs }[] = [];
      for (const job of jobs) {
        await searchDue(job, { until: now() - job.graceSeconds * 1000, signal });
        found.push({ job, runs: await readRuns(folder, job.name) });
      }
      return { ...measure(found), ...unexpectedOf("cron", countUnexpected(files, jobs)) };
    },
  };
}

function measure(found: readonly { readonly job: Watched; readonly runs: Runs }[]) {
  const moments = (of: (one: (typeof found)[number]) => number | null) =>
    found.flatMap((one) => {
      const at = of(one);
      return sampleOf([one.job.name], at === null ? null : at / 1000);
    });
  return {
    rollcall_cron_due_timestamp_seconds: moments(({ job }) => job.dueAt),
    rollcall_cron_last_success_timestamp_seconds: moments(({ runs }) => runs.succeededAt),
    rollcall_cron_last_failure_timestamp_seconds: moments(({ runs }) => runs.failedAt),
    // What has not been due that long cannot have been missed.
    rollcall_cron_missed: found.flatMap(({ job, runs }) =>
      sampleOf([job.name], job.dueAt === null ? null : Number((runs.succeededAt ?? 0) < job.dueAt)),
    ),
  };
}

/** Finds the newest due time that is not later than `until`, looking back no further than it has looked before. */
async function searchDue(job: Watched, { until, signal }: { until: number; signal: AbortSignal }): Promise<void> {
  const newest = until - (until % MINUTE_MS);
  const oldest = Math.max(job.searchedUntil, newest - SEARCHED_MINUTES * MINUTE_MS);
  let steps = 0;
  for (let minute = newest; minute > oldest; minute -= MINUTE_MS) {
    if (dueAt(job.timetable, minute) !== null) {
      job.dueAt = minute;
      break;
    }
    steps += 1;
    if (steps % MINUTES_AT_ONCE === 0) await turn();
    // Left undone: it is looked for again in the next collection.
    if (signal.aborted) throw new Failure("unavailable", `the due time of ${job.name} was not found in time`);
  }
  job.searchedUntil = Math.max(job.searchedUntil, newest);
}

async function readRuns(folder: string, job: string): Promise<Runs> {
  const [succeededAt, failedAt] = await Promise.all([
    touchedAt(join(folder, job)),
    touchedAt(join(folder, job + FAILED)),
  ]);
  return { succeededAt, failedAt };
}

async function touchedAt(file: string): Promise<number | null> {
  const found = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return null;
    throw new Failure("unavailable", `${file} cannot be read`, { cause });
  });
  return found === null ? null : found.mtimeMs;
}

function countUnexpected(files: readonly string[], jobs: readonly CronJob[]): number {
  const expected = new Set(jobs.flatMap(({ name }) => [name, name + FAILED]));
  return files.filter((file) => !expected.has(file)).length;
}
