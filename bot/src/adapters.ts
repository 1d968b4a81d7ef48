import { openHeldAlerts } from "@rollcall/core/adapters/alertmanager/held-alerts.ts";
import { openSilences } from "@rollcall/core/adapters/alertmanager/silences.ts";
import type { LinkedDirectory } from "@rollcall/core/adapters/linked-directory.ts";
import { createPagerDuty } from "@rollcall/core/adapters/pagerduty/events.ts";
import { openOnCalls } from "@rollcall/core/adapters/pagerduty/on-calls.ts";
import { openFigures } from "@rollcall/core/adapters/prometheus/figures.ts";
import { openMonitoring } from "@rollcall/core/adapters/prometheus/monitoring.ts";
import { openEventBus } from "@rollcall/core/adapters/redis/event-bus.ts";
import { type FleetBusOptions, type OpenFleetBus, openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { openRunReports, type RunReports } from "@rollcall/core/adapters/redis/run-reports.ts";
import { connectBuiltInSupervisor } from "@rollcall/core/adapters/supervisors/built-in.ts";
import { superviseRuntimes } from "@rollcall/core/adapters/supervisors/supervise-runtimes.ts";
import type { CommandDefinition, Ports } from "@rollcall/core/command.ts";
import { readFleetFile } from "@rollcall/core/fleet-file.ts";
import { loadCommands } from "@rollcall/core/load-commands.ts";
import type { Clock } from "@rollcall/core/ports/clock.ts";
import type { HeldAlerts } from "@rollcall/core/ports/held-alerts.ts";
import { type OpenRegistry, openFleetRegistry } from "@rollcall/core/registry.ts";
import type { Logger } from "pino";
import { type ControlConfig, environmentOfPrograms } from "./config.ts";
import { type Database, openDatabase } from "./database.ts";
import { type Limits, openLimits } from "./limits.ts";
import { problemLog } from "./log.ts";
import { type LogSources, logSourcesOf } from "./log-sources.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { linkingOf } from "./own-pages.ts";
import { openRights, type Rights } from "./rights.ts";
import { runtimesOf } from "./runtime-settings.ts";

/** Everything that reaches out of the process, behind its ports. */
export interface Adapters {
  readonly ports: Ports;
  readonly commands: readonly CommandDefinition[];
  readonly database: Database;
  readonly bus: OpenFleetBus;
  readonly registry: OpenRegistry;
  readonly rules: Rights["rules"];
  readonly directory: LinkedDirectory;
  /** Null where roles come from access.yaml. */
  readonly google: Rights["google"];
  readonly limits: Limits;
  readonly runReports: RunReports;
  readonly logSources: LogSources;
  /** Not there without the address of an Alertmanager. */
  readonly heldAlerts?: HeldAlerts;
  close(): Promise<void>;
}

/**
 * Opens all adapters. Files must be good; PostgreSQL, Redis and the supervisor may be away.
 * @throws Failure "invalid_input" with all problems of fleet.yaml or access.yaml
 */
export async function openAdapters(
  config: ControlConfig,
  { log, metrics }: { log: Logger; metrics: Metrics },
): Promise<Adapters> {
  const tell = problemLog(log);
  const { fleet } = await readFleetFile(config.ROLLCALL_FLEET_FILE);
  const commands = await loadCommands();
  const database = openDatabase({
    url: config.DATABASE_URL.reveal(),
    anchorDir: config.ROLLCALL_AUDIT_ANCHOR_DIR,
    metrics: metrics.database,
    ...(config.ROLLCALL_LOG_SQL && { onStatement: (statement) => log.info(statement, "statement answered") }),
    onProblem: (error) => tell("a connection to PostgreSQL broke", error),
  });
  const { clock, audit, operations, incidents, desired, requests, plans, overrides, runs } = database;
  const rights = await openRights(config, { database, clock, tell });
  const { directory, google, rules } = rights;
  const onProblem = (error: Error) => tell("a connection to Redis broke", error);
  const { bus, events, runReports } = openStreams(config, { fleet, onProblem, onAnswer: metrics.bus.answered });
  const registry = await openFleetRegistry({ file: config.ROLLCALL_FLEET_FILE, desired, bus, clock, onProblem: tell });
  const limits = openLimits({
    ...{ table: config.ROLLCALL_LIMITS, brakes: config.ROLLCALL_BRAKES, acts: database.limitUses },
    ...{ redis: redisOf(config, fleet), fleet, clock, metrics: metrics.limits, onProblem: tell },
  });
  const builtIn = connectBuiltInSupervisor(config.ROLLCALL_SUPERVISOR_SOCKET);
  const runtimes = runtimesOf(config, environmentOfPrograms());
  const supervisor = superviseRuntimes({ registry, builtIn, runtimes, effects: database.runtimeEffects });
  const pager = openPager(config);
  const prometheus = config.PROMETHEUS_URL?.reveal();
  const alertmanager = config.ALERTMANAGER_URL?.reveal();
  const measured = {
    ...(prometheus === undefined ? {} : measuredBy(prometheus, { fleet, clock })),
    ...(alertmanager === undefined ? {} : { silences: openSilences({ url: alertmanager, fleet }) }),
  };
  registry.watch();
  return {
    ports: {
      ...{ ...brakesOf(database), ...recordsOf(database), zone: config.ROLLCALL_TIME_ZONE },
      ...{ audit, operations, requests, plans, overrides, incidents, runs, bus, events, registry, supervisor, pager },
      directory,
      rules,
      clock,
      ...measured,
      ...onCallsOf(config, clock),
      ...linkingOf(config, database),
    },
    ...{ commands, database, bus, registry, directory, rules, google, limits, runReports },
    logSources: logSourcesOf(config, { builtIn, runtimes, registry, onProblem: tell }),
    ...(alertmanager === undefined ? {} : { heldAlerts: openHeldAlerts(alertmanager) }),
    async close() {
      rights.close();
      await registry.close();
      bus.close();
      events.close();
      runReports.close();
      limits.close();
      await database.close();
    },
  };
}

function openStreams(
  config: ControlConfig,
  rest: Pick<FleetBusOptions, "onAnswer"> & Required<Pick<FleetBusOptions, "fleet" | "onProblem">>,
) {
  const fleetKey = config.ROLLCALL_FLEET_KEY.reveal();
  const options = { ...redisOf(config, rest.fleet), fleetKey, ...rest };
  return { bus: openFleetBus(options), events: openEventBus(options), runReports: openRunReports(options) };
}

const brakesOf = ({ breakGlass, brakes, freezes, maintenance, askedSilences, reminders, offers }: Database) => ({
  ...{ breakGlass, brakes, freezes, maintenance, askedSilences, reminders, offers },
});

const recordsOf = ({ logs, changes, records, incidentRecords, rollCalls }: Database) => ({
  ...{ logs, changes, records, incidentRecords, rollCalls },
});

const redisOf = (config: ControlConfig, fleet: string) => ({
  url: config.REDIS_URL.reveal(),
  clusterOf: config.ROLLCALL_REDIS_CLUSTER ? fleet : undefined,
});

const openPager = (config: ControlConfig) =>
  createPagerDuty({ url: config.PAGERDUTY_EVENTS_URL, routingKey: config.PAGERDUTY_ROUTING_KEY.reveal() });

const onCallsOf = ({ PAGERDUTY_API_TOKEN: token, PAGERDUTY_API_URL: url }: ControlConfig, clock: Clock) =>
  token === undefined ? {} : { onCalls: openOnCalls({ url: url.replace(/\/+$/, ""), token: token.reveal(), clock }) };

const measuredBy = (url: string, { fleet, clock }: { fleet: string; clock: Clock }) => ({
  figures: openFigures({ url, fleet, clock }),
  monitoring: openMonitoring({ url, clock }),
});
