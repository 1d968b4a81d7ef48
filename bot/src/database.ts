import { createAccessOverrides } from "@rollcall/core/adapters/postgres/access-overrides.ts";
import { createAlertOffers } from "@rollcall/core/adapters/postgres/alert-offers.ts";
import { createApiTokens } from "@rollcall/core/adapters/postgres/api-tokens.ts";
import { createApprovalRequests } from "@rollcall/core/adapters/postgres/approval-requests.ts";
import { createAskedSilences } from "@rollcall/core/adapters/postgres/asked-silences.ts";
import { createAuditLog } from "@rollcall/core/adapters/postgres/audit-log.ts";
import { createBrakes } from "@rollcall/core/adapters/postgres/brakes.ts";
import { createBreakGlass } from "@rollcall/core/adapters/postgres/break-glass.ts";
import { createChanges } from "@rollcall/core/adapters/postgres/changes.ts";
import { createCommandStore } from "@rollcall/core/adapters/postgres/command-store.ts";
import { createDatabaseClock, type DatabaseClock } from "@rollcall/core/adapters/postgres/database-clock.ts";
import { createDesiredStates } from "@rollcall/core/adapters/postgres/desired-states.ts";
import { createDirectorySnapshots } from "@rollcall/core/adapters/postgres/directory-snapshots.ts";
import { createFreezes } from "@rollcall/core/adapters/postgres/freezes.ts";
import { createIncidentRecords } from "@rollcall/core/adapters/postgres/incident-records.ts";
import { createIncidents } from "@rollcall/core/adapters/postgres/incidents.ts";
import { createLimitUses } from "@rollcall/core/adapters/postgres/limit-uses.ts";
import { createLiveTickets } from "@rollcall/core/adapters/postgres/live-tickets.ts";
import { createLogStore } from "@rollcall/core/adapters/postgres/log-store.ts";
import { createMaintenance } from "@rollcall/core/adapters/postgres/maintenance.ts";
import { createOperations } from "@rollcall/core/adapters/postgres/operations.ts";
import { createPeriodRecords } from "@rollcall/core/adapters/postgres/period-records.ts";
import { createPictures } from "@rollcall/core/adapters/postgres/pictures.ts";
import { createPlans } from "@rollcall/core/adapters/postgres/plans.ts";
import { createPool, type Pool, type PoolOptions } from "@rollcall/core/adapters/postgres/pool.ts";
import { createPublications } from "@rollcall/core/adapters/postgres/publications.ts";
import { createReminders } from "@rollcall/core/adapters/postgres/reminders.ts";
import { createRollCalls } from "@rollcall/core/adapters/postgres/roll-calls.ts";
import { createRuns } from "@rollcall/core/adapters/postgres/runs.ts";
import { createRuntimeEffects } from "@rollcall/core/adapters/postgres/runtime-effects.ts";
import { createSessions } from "@rollcall/core/adapters/postgres/sessions.ts";
import { createSlackLinks } from "@rollcall/core/adapters/postgres/slack-links.ts";
import { createUnknownOutcomes } from "@rollcall/core/adapters/postgres/unknown-outcomes.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { AccessOverrides } from "@rollcall/core/ports/access-overrides.ts";
import type { AlertOffers } from "@rollcall/core/ports/alert-offers.ts";
import type { ApiTokens } from "@rollcall/core/ports/api-tokens.ts";
import type { ApprovalRequests } from "@rollcall/core/ports/approval-requests.ts";
import type { AskedSilences } from "@rollcall/core/ports/asked-silences.ts";
import type { AuditLog } from "@rollcall/core/ports/audit-log.ts";
import type { Brakes } from "@rollcall/core/ports/brakes.ts";
import type { BreakGlass } from "@rollcall/core/ports/break-glass.ts";
import type { Changes } from "@rollcall/core/ports/changes.ts";
import type { CommandStore } from "@rollcall/core/ports/command-store.ts";
import type { DesiredStates } from "@rollcall/core/ports/desired-states.ts";
import type { DirectorySnapshots } from "@rollcall/core/ports/directory-snapshots.ts";
import type { Freezes } from "@rollcall/core/ports/freezes.ts";
import type { IncidentRecords } from "@rollcall/core/ports/incident-records.ts";
import type { Incidents } from "@rollcall/core/ports/incidents.ts";
import type { LimitStore } from "@rollcall/core/ports/limit-store.ts";
import type { LiveTickets } from "@rollcall/core/ports/live-tickets.ts";
import type { LogStore } from "@rollcall/core/ports/log-store.ts";
import type { Maintenance } from "@rollcall/core/ports/maintenance.ts";
import type { Operations } from "@rollcall/core/ports/operations.ts";
import type { PeriodRecords } from "@rollcall/core/ports/period-records.ts";
import type { Pictures } from "@rollcall/core/ports/pictures.ts";
import type { Plans } from "@rollcall/core/ports/plans.ts";
import type { Publications } from "@rollcall/core/ports/publications.ts";
import type { Reminders } from "@rollcall/core/ports/reminders.ts";
import type { RollCalls } from "@rollcall/core/ports/roll-calls.ts";
import type { Runs } from "@rollcall/core/ports/runs.ts";
import type { RuntimeEffects } from "@rollcall/core/ports/runtime-effects.ts";
import type { Sessions } from "@rollcall/core/ports/sessions.ts";
import type { SlackLinks } from "@rollcall/core/ports/slack-links.ts";
import type { UnknownOutcomes } from "@rollcall/core/ports/unknown-outcomes.ts";
import { type AuditProtection, watchProtection } from "./audit-protection.ts";
import { createGate, type Gate } from "./gate.ts";
import type { DatabaseMetrics } from "./metrics/database.ts";

/** PostgreSQL behind its ports; connects when it is first used. */
export interface Database {
  readonly pool: Pool;
  /** Connections for what must not wait behind requests: the lease, and the look whether PostgreSQL answers. */
  readonly reserved: Pool;
  /** Learns at each `check`. */
  readonly clock: DatabaseClock;
  readonly audit: AuditLog;
  readonly protection: AuditProtection;
  readonly operations: Operations;
  readonly unknown: UnknownOutcomes;
  readonly incidents: Incidents;
  readonly store: CommandStore;
  readonly desired: DesiredStates;
  readonly publications: Publications;
  readonly rollCalls: RollCalls;
  readonly logs: LogStore;
  readonly changes: Changes;
  readonly records: PeriodRecords;
  readonly incidentRecords: IncidentRecords;
  readonly pictures: Pictures;
  readonly runs: Runs;
  readonly runtimeEffects: RuntimeEffects;
  readonly overrides: AccessOverrides;
  readonly brakes: Brakes;
  readonly freezes: Freezes;
  readonly maintenance: Maintenance;
  readonly askedSilences: AskedSilences;
  readonly reminders: Reminders;
  readonly offers: AlertOffers;
  readonly breakGlass: BreakGlass;
  readonly snapshots: DirectorySnapshots;
  readonly limitUses: LimitStore;
  readonly liveTickets: LiveTickets;
  readonly requests: ApprovalRequests;
  readonly plans: Plans;
  readonly sessions: Sessions;
  readonly apiTokens: ApiTokens;
  readonly slackLinks: SlackLinks;
  /** Lets calls through from now on: the schema is there. */
  open(): void;
  isOpen(): boolean;
  /** @throws Failure "unavailable" if it does not answer or its schema is not there */
  check(): Promise<null>;
  close(): Promise<void>;
}

interface DatabaseOptions {
  readonly url: string;
  /** Folder of the audit log's anchors, if there is one. */
  readonly anchorDir?: string | undefined;
  readonly metrics: DatabaseMetrics;
  readonly onProblem: (error: Error) => void;
  readonly onStatement?: PoolOptions["onStatement"];
}

const BEING_PREPARED = "PostgreSQL is being prepared";

/** Opens the pool; until `open` every port answers that the database is being prepared. */
export function openDatabase({ url, anchorDir, metrics, onProblem, onStatement }: DatabaseOptions): Database {
  const pool = createPool({ url, name: "rollcall-control", onProblem, ...(onStatement && { onStatement }) });
  const reserved = createPool({ url, name: "rollcall-control-reserved", size: 2, onProblem });
  // Nobody's command waits behind a search of logs; and no line is written to a log about each line that is kept.
  const logPool = createPool({ url, name: "rollcall-control-logs", size: 4, onProblem });
  metrics.watch(pool);
  const gate = createGate(BEING_PREPARED);
  const maintenance = createMaintenance(pool);
  const protection = watchProtection(reserved);
  const clock = createDatabaseClock(reserved);
  return {
    pool,
    reserved,
    clock,
    audit: gate.guard(createAuditLog(pool, { anchorDir })),
    protection,
    operations: gate.guard(createOperations(pool)),
    unknown: gate.guard(createUnknownOutcomes(pool)),
    incidents: gate.guard(createIncidents(pool)),
    store: gate.guard(protection.guard(createCommandStore(pool))),
    desired: gate.guard(createDesiredStates(pool)),
    publications: gate.guard(createPublications(pool)),
    logs: gate.guard(createLogStore(logPool)),
    ...openRecords(pool, gate),
    requests: gate.guard(protection.guardRequests(createApprovalRequests(pool))),
    plans: gate.guard(createPlans(pool)),
    rollCalls: gate.guard(createRollCalls(pool)),
    runs: gate.guard(createRuns(pool)),
    runtimeEffects: gate.guard(createRuntimeEffects(pool)),
    overrides: gate.guard(createAccessOverrides(pool)),
    brakes: gate.guard(createBrakes(pool)),
    freezes: gate.guard(createFreezes(pool)),
    maintenance: { ...gate.guard(maintenance), current: maintenance.current },
    ...handsOf(pool, gate),
    breakGlass: gate.guard(createBreakGlass(pool)),
    snapshots: gate.guard(createDirectorySnapshots(pool)),
    limitUses: gate.guard(createLimitUses(pool)),
    liveTickets: gate.guard(createLiveTickets(pool)),
    sessions: gate.guard(createSessions(pool)),
    apiTokens: gate.guard(createApiTokens(pool)),
    slackLinks: gate.guard(createSlackLinks(pool)),
    open: gate.open,
    isOpen: gate.isOpen,
    async check() {
      await clock.ask();
      if (!gate.isOpen()) throw new Failure("unavailable", BEING_PREPARED);
      return null;
    },
    async close() {
      await Promise.all([pool.end(), reserved.end(), logPool.end()]);
    },
  };
}

/** What was, and what people wrote about it. */
const openRecords = (pool: Pool, gate: Gate) => ({
  changes: gate.guard(createChanges(pool)),
  records: gate.guard(createPeriodRecords(pool)),
  incidentRecords: gate.guard(createIncidentRecords(pool)),
  pictures: gate.guard(createPictures(pool)),
});

/** Who has an alert, who is reminded, to whom it is offered, and what is quiet. */
const handsOf = (pool: Pool, gate: ReturnType<typeof createGate>) => ({
  askedSilences: gate.guard(createAskedSilences(pool)),
  reminders: gate.guard(createReminders(pool)),
  offers: gate.guard(createAlertOffers(pool)),
});
