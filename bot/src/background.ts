import { hostname } from "node:os";
import { type ControlLease, createLease } from "@rollcall/core/adapters/postgres/lease.ts";
import { migrate } from "@rollcall/core/adapters/postgres/migrate.ts";
import type { CountedAttempts } from "@rollcall/core/count-attempts.ts";
import type { FollowedSecrets } from "@rollcall/core/secrets/follow-secrets.ts";
import type { Logger } from "pino";
import type { Adapters } from "./adapters.ts";
import { lookAtProtection, startAuditWork } from "./audit-work.ts";
import type { ControlConfig } from "./config.ts";
import { createEngine } from "./engine.ts";
import type { Hub } from "./live/hub.ts";
import { createSources } from "./live/sources.ts";
import { problemLog } from "./log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { startOperations } from "./operations-work.ts";
import { brakeLoops } from "./schedule/brakes.ts";
import { followSpool } from "./schedule/break-glass.ts";
import { dropOldLetters } from "./schedule/dead-letters.ts";
import { type DiagnosticSchedule, startDiagnosticSchedule } from "./schedule/diagnostics.ts";
import { startDirectory } from "./schedule/directory.ts";
import { tellHandoverWhenDue } from "./schedule/handover.ts";
import { leaderLoops } from "./schedule/leader.ts";
import { logLoops } from "./schedule/logs.ts";
import { type Loop, type LoopOptions, startLoop } from "./schedule/loop.ts";
import { pictureLoops } from "./schedule/pictures.ts";
import type { Readiness } from "./schedule/readiness.ts";
import { retryWhileUnavailable } from "./schedule/retry.ts";
import { withinTime } from "./schedule/within-time.ts";
import { wantErrorLines } from "./slack/error-lines.ts";
import { startPublisher } from "./slack/publisher.ts";
import { slackSettings } from "./slack-settings.ts";

/** What goes on without anybody asking. */
export interface Background {
  /** Resolves with a failure that trying again does not mend. */
  readonly broken: Promise<unknown>;
  stop(): Promise<void>;
}

interface Deps {
  readonly config: ControlConfig;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly adapters: Adapters;
  readonly readiness: Readiness;
  readonly live: Hub;
  readonly attempts: CountedAttempts;
  readonly secrets: FollowedSecrets;
  readonly address: string;
}

const READINESS_MS = 2_000;
// A file counts as written when it looks the same twice, so a new secret is in force within 4 s.
const SECRETS_MS = 2_000;
// It is read once a minute; looked at more often so that a new leader need not wait for its turn.
const DIRECTORY_MS = 2_000;
// Whoever went past the usual path is told of within seconds.
const SPOOL_MS = 2_000;
const CATCH_UP_MS = 15_000;
// Within half a minute of 08:30.
const HANDOVER_MS = 30_000;
const DEAD_LETTERS_MS = 60_000;
// A viewer sees a change within a second: a quarter of it here, the rest is for the way.
const LIVE_ROWS_MS = 250;
// A look at ten thousand agents takes about 0.15 s.
const LIVE_AGENTS_MS = 500;
// The reply with error lines follows its card within some seconds.
const ERROR_LINES_MS = 3_000;
// Lines may come all the time.
const LIVE_LOGS_MS = 500;

/** Starts looking at what the service stands on; and once the schema is there, the lease and all that needs it. */
export function startBackground(deps: Deps): Background {
  const { log, metrics, adapters, readiness, secrets } = deps;
  const stopping = new AbortController();
  const loop = (options: LoopOptions): Loop =>
    startLoop(options, { log, metrics: metrics.schedule, clock: adapters.ports.clock });
  const looking = [
    loop({ name: "readiness", everyMs: READINESS_MS, run: readiness.refresh }),
    loop({ name: "secrets", everyMs: SECRETS_MS, run: secrets.check }),
    ...liveLoops(deps, loop),
  ];
  const prepared = prepareDatabase(deps, stopping.signal);
  const started = prepared.then((isPrepared) =>
    isPrepared && !stopping.signal.aborted ? startWork(deps, loop) : null,
  );
  const broken = Promise.withResolvers<unknown>();
  started.catch(broken.resolve);
  return {
    broken: broken.promise,
    async stop() {
      stopping.abort();
      await Promise.all(looking.map((one) => one.stop()));
      // Migrations may wait for long; each is one transaction, so ending in the middle leaves nothing half done.
      if (!adapters.database.isOpen()) return;
      const work = await started.catch(() => null);
      await work?.stop();
    },
  };
}

/** One reader for all who follow, and none while nobody does. */
function liveLoops({ adapters, live }: Deps, loop: (options: LoopOptions) => Loop): Loop[] {
  const { agents, operations, incidents, requests, logs } = createSources(adapters.ports, live);
  const when = (): boolean => live.followers() > 0;
  return [
    loop({ name: "live-agents", everyMs: LIVE_AGENTS_MS, when, run: agents }),
    loop({ name: "live-operations", everyMs: LIVE_ROWS_MS, when, run: operations }),
    loop({ name: "live-incidents", everyMs: LIVE_ROWS_MS, when, run: incidents }),
    loop({ name: "live-requests", everyMs: LIVE_ROWS_MS, when, run: requests }),
    loop({ name: "live-logs", everyMs: LIVE_LOGS_MS, when: () => live.followers("logs") > 0, run: logs }),
  ];
}

interface Work {
  stop(): Promise<void>;
}

/** Longer than migrations wait for another process's (60 s): a connection that says nothing any more is given up. */
const MIGRATE_WITHIN_MS = 90_000;

/** Brings the schema up to date as soon as PostgreSQL answers. @returns false if it was told to end before */
async function prepareDatabase({ config, log, metrics, adapters }: Deps, signal: AbortSignal): Promise<boolean> {
  const onProblem = problemLog(log);
  const attempt = () => withinTime(migrate({ url: config.DATABASE_URL.reveal(), onProblem }), MIGRATE_WITHIN_MS);
  const applied = await retryWhileUnavailable(attempt, { what: "migrations", signal, log });
  if (applied === null) return false;
  // Before anything is let through: nothing is accepted into a log that could be changed unnoticed.
  const looked = () => lookAtProtection({ log, metrics, adapters });
  if ((await retryWhileUnavailable(looked, { what: "audit protection", signal, log })) === null) return false;
  // Whatever begins now is dated by PostgreSQL's clock, however wrong this host's is.
  const dated = () => adapters.database.clock.ask().then(() => true);
  if ((await retryWhileUnavailable(dated, { what: "PostgreSQL's time", signal, log })) === null) return false;
  if (applied.length > 0 && config.ROLLCALL_LOG_STARTUP) log.info({ migrations: applied }, "migrations applied");
  adapters.database.open();
  // Operations that lie there are decided anew when they go on: not before it is known who may act.
  const known = async () => {
    await Promise.all([adapters.rules.refresh(), adapters.directory.refresh()]);
    return true;
  };
  return (await retryWhileUnavailable(known, { what: "who may act", signal, log })) !== null;
}

async function startWork(deps: Deps, loop: (options: LoopOptions) => Loop): Promise<Work> {
  const { config, log, metrics, adapters } = deps;
  const { database, ports } = adapters;
  const lease = await takeLease(deps);
  const whenLeading = () => lease.isLeader();
  const operations = startOperations(deps, lease, loop);
  const publisher = startPublisher({
    settings: slackSettings(config),
    ports,
    publications: database.publications,
    isLeader: whenLeading,
    log: log.child({ part: "publisher" }),
  });
  const schedule = startSchedule(deps);
  const audit = await startAuditWork({ ...deps, isLeader: whenLeading }, loop);
  const followed = followSpool(deps);
  const loops = [
    ...directoryLoops(deps, loop, whenLeading),
    ...(schedule === null ? [] : [loop({ name: "diagnostics", everyMs: CATCH_UP_MS, run: schedule.catchUp })]),
    ...brakeLoops({ ports, database: adapters.database, metrics: metrics.brakes }, loop, whenLeading),
    ...leaderLoops({ adapters, log, when: whenLeading }, loop),
    ...collectLoops(deps, loop, whenLeading),
    loop({
      ...{ name: "error-lines", everyMs: ERROR_LINES_MS, when: whenLeading },
      run: wantErrorLines(deps.adapters),
    }),
    ...pictureLoops({ adapters, slack: slackSettings(config), log, when: whenLeading }, loop),
    ...(config.ROLLCALL_DAILY_HANDOVER ? [handoverLoop(deps, loop, whenLeading)] : []),
    ...(followed === null ? [] : [loop({ name: "break-glass", everyMs: SPOOL_MS, run: followed })]),
    loop({
      name: "dead-letters",
      everyMs: DEAD_LETTERS_MS,
      when: whenLeading,
      run: async () => {
        const counted = { ports, metrics: metrics.deadLetters, log: log.child({ part: "dead letters" }) };
        await dropOldLetters(config.ROLLCALL_DEAD_LETTER_DAYS, counted);
      },
    }),
  ];
  return {
    async stop() {
      await Promise.all([operations.stop(), publisher.stop(), schedule?.stop(), ...loops.map((one) => one.stop())]);
      await audit.stop();
      await lease.close();
    },
  };
}

const collectLoops = (
  { config, adapters, metrics, log }: Deps,
  loop: (options: LoopOptions) => Loop,
  whenLeading: () => boolean,
) =>
  logLoops(
    {
      ...{ config, sources: adapters.logSources, store: adapters.database.logs, clock: adapters.ports.clock },
      ...{ metrics: metrics.logs, log: log.child({ part: "logs" }), whenLeading },
    },
    loop,
  );

const handoverLoop = ({ adapters }: Deps, loop: (options: LoopOptions) => Loop, when: () => boolean): Loop =>
  loop({
    ...{ name: "handover", everyMs: HANDOVER_MS, when },
    run: () => tellHandoverWhenDue(adapters.ports, adapters.database.publications),
  });

async function takeLease({ config, log, metrics, adapters, address }: Deps): Promise<ControlLease> {
  const lease = createLease({
    pool: adapters.database.reserved,
    // Two on one machine differ by their port, and a restarted one knows its predecessor by it.
    instance: `${hostname()} ${address}`,
    seconds: config.ROLLCALL_LEASE_SECONDS,
    onProblem: problemLog(log),
  });
  metrics.lease.watch(() => lease.state());
  await lease.start();
  return lease;
}

function directoryLoops(deps: Deps, loop: (options: LoopOptions) => Loop, when: () => boolean): Loop[] {
  const directory = startDirectory(deps);
  return directory === null ? [] : [loop({ name: "directory", everyMs: DIRECTORY_MS, when, run: directory.runIfDue })];
}

function startSchedule({ config, adapters, metrics, log }: Deps): DiagnosticSchedule | null {
  const cron = config.ROLLCALL_DIAGNOSTICS_SCHEDULE;
  if (cron === "off") return null;
  const zone = config.ROLLCALL_DIAGNOSTICS_TIME_ZONE;
  const run = createEngine({ adapters, metrics, log });
  const { clock } = adapters.ports;
  return startDiagnosticSchedule({ cron, zone, run, clock, log: log.child({ part: "schedule" }) });
}
