import { closeUntold } from "@rollcall/core/close-untold.ts";
import { CANARY_SECONDS, HEARTBEAT_SECONDS } from "@rollcall/core/domain/freshness.ts";
import { watchChanges } from "@rollcall/core/watch-changes.ts";
import type { Logger } from "pino";
import type { Adapters } from "../adapters.ts";
import { sendCanaryRound } from "./canaries.ts";
import { markForeignProcesses } from "./foreign-processes.ts";
import type { Loop, LoopOptions } from "./loop.ts";
import { keepPauses } from "./pauses.ts";
import { foldRuns, forgetOldRuns } from "./runs.ts";
import { trimTopics } from "./topic-trim.ts";

// A card that is posted soon after says it.
const CHANGES_MS = 5_000;
const FORGET_CHANGES_MS = 3_600_000;
const CHANGES_KEPT_MS = 90 * 86_400_000;
// Four canaries an agent a minute: an inbox stays at a handful of entries.
const INBOX_TRIM_MS = 60_000;
// Between two cuts a topic grows by what is published in that time.
const TOPIC_TRIM_MS = 5_000;
// So long Redis' own count of what waits may be wrong after its restart.
const READ_COUNTS_MS = 15_000;
// A request that nobody answered is marked as over soon after its ten minutes.
const REQUESTS_MS = 2_000;
const RUNS_MS = 2_000;
const RUNS_KEPT_MS = 60_000;
// What Alertmanager holds may be some megabytes; it is asked only while an incident is open.
const UNTOLD_ALERTS_MS = 30_000;
// A pause of minutes ends about when it should.
const PAUSES_MS = 1_000;

interface Leading {
  readonly adapters: Adapters;
  readonly log: Logger;
  readonly when: () => boolean;
}

/** What one control service alone does for the fleet. */
export function leaderLoops({ adapters, log, when }: Leading, loop: (options: LoopOptions) => Loop): Loop[] {
  const { ports, database, runReports, registry } = adapters;
  return [
    ...untoldLoop({ adapters, log, when }, loop),
    ...changeLoops({ adapters, when }, loop),
    loop({
      name: "canaries",
      everyMs: CANARY_SECONDS * 1000,
      when,
      run: () => sendCanaryRound(ports),
    }),
    loop({
      name: "foreign-processes",
      everyMs: HEARTBEAT_SECONDS * 1000,
      when,
      run: () => markForeignProcesses(ports),
    }),
    loop({
      name: "inbox-trim",
      everyMs: INBOX_TRIM_MS,
      when,
      run: async () => {
        const { agents } = await ports.registry.expected();
        await ports.bus.trimInboxes(agents.map(({ id }) => id));
      },
    }),
    loop({
      name: "pauses",
      everyMs: PAUSES_MS,
      when,
      run: keepPauses({ ports, registry, log: log.child({ part: "pauses" }) }),
    }),
    loop({ name: "runs", everyMs: RUNS_MS, when, run: () => foldRuns(database.pool, runReports) }),
    loop({ name: "runs-kept", everyMs: RUNS_KEPT_MS, when, run: () => forgetOldRuns(database.pool) }),
    loop({
      name: "requests",
      everyMs: REQUESTS_MS,
      when,
      run: async () => void (await ports.requests.expire()),
    }),
    loop({
      name: "topic-trim",
      everyMs: TOPIC_TRIM_MS,
      when,
      run: () => trimTopics(ports),
    }),
    loop({
      name: "read-counts",
      everyMs: READ_COUNTS_MS,
      when,
      run: async () => {
        const { topics } = await ports.registry.expected();
        const mended = await ports.events.mendReadCounts(topics);
        if (mended > 0) log.warn({ mended }, "Redis had counted wrong what subscriptions have read");
      },
    }),
  ];
}

function changeLoops({ adapters, when }: Omit<Leading, "log">, loop: (options: LoopOptions) => Loop): Loop[] {
  const { changes } = adapters.database;
  const ports = { ...adapters.ports, changes };
  return [
    loop({ name: "changes", everyMs: CHANGES_MS, when, run: () => watchChanges(ports) }),
    loop({
      ...{ name: "changes-kept", everyMs: FORGET_CHANGES_MS, when },
      run: () => changes.forget(ports.clock.now() - CHANGES_KEPT_MS),
    }),
  ];
}

/** Without an Alertmanager's address nobody can say what it holds. */
function untoldLoop({ adapters, log, when }: Leading, loop: (options: LoopOptions) => Loop): Loop[] {
  const { heldAlerts: held, database, ports } = adapters;
  if (held === undefined) return [];
  const { incidents } = database;
  const round = closeUntold({
    incidents,
    held,
    pager: ports.pager,
    clock: ports.clock,
    elapsed: () => performance.now(),
  });
  const run = async (): Promise<void> => {
    const ended = await round();
    if (ended.length > 0) log.warn({ incidents: ended }, "alerts ended that Alertmanager no longer holds");
  };
  return [loop({ name: "untold-alerts", everyMs: UNTOLD_ALERTS_MS, when, run })];
}
