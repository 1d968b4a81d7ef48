import { defineDiagnostic, failed, passed, skipped } from "../diagnostic.ts";
import { ageSeconds } from "../domain/freshness.ts";
import { listed } from "../fleet-words.ts";
import type { MonitoringReading } from "../ports/monitoring.ts";

/** Without one of these a fault that people rely on being told of stays silent. */
export const NEEDED_ALERTS = [
  ...["AgentGone", "AgentNotWorking", "SubscriptionDead", "EventsLost", "FleetNotMeasured", "CanariesStopped"],
  ...["AgentFlapping", "ExporterGone", "ControlServiceGone", "Watchdog"],
];
const NEEDED_JOBS = ["rollcall-exporter", "rollcall-control"];
/** Alertmanager sends it anew every minute. */
const WATCHDOG_SECONDS = 180;

export default defineDiagnostic({
  name: "alerting-watches",
  summary: "Prometheus has the rules and reaches what it measures, and an alert came all the way within 3 min",
  suites: ["full"],
  timeoutSeconds: 12,
  async run({ ports }) {
    if (ports.monitoring === undefined) return skipped("PROMETHEUS_URL is not set");
    const reading = await ports.monitoring.look();
    const problems = [...problemsOf(reading), ...watchdogProblem(reading, ports.clock.now())];
    if (problems.length > 0) return failed("status", ...problems);
    const { rules, targets, alertmanagers } = reading;
    return passed(
      `${rules.length} rules, ${targets.length} targets, ${alertmanagers} Alertmanagers; the watchdog barks`,
    );
  },
});

function problemsOf({ rules, targets, alertmanagers }: MonitoringReading): string[] {
  const names = new Set(rules.map(({ name }) => name));
  const missing = NEEDED_ALERTS.filter((name) => !names.has(name));
  const jobs = new Set(targets.map(({ job }) => job));
  const unmeasured = NEEDED_JOBS.filter((job) => !jobs.has(job));
  const bad = rules.flatMap(({ name, problem }) => (problem === null ? [] : [`${name}: ${problem}`]));
  const down = targets.flatMap(({ job, address, problem }) =>
    problem === null ? [] : [`${job} at ${address}: ${problem}`],
  );
  return [
    ...(missing.length > 0 ? [`rules that are not loaded: ${listed(missing)}`] : []),
    ...(bad.length > 0 ? [`rules that fail: ${listed(bad)}`] : []),
    ...(unmeasured.length > 0 ? [`not measured at all: ${listed(unmeasured)}`] : []),
    ...(down.length > 0 ? [`not reached: ${listed(down)}`] : []),
    ...(alertmanagers === 0 ? ["Prometheus sends its alerts to no Alertmanager"] : []),
  ];
}

function watchdogProblem({ watchdogAt }: MonitoringReading, now: number): string[] {
  if (watchdogAt === null) return ["the watchdog's alert has not come from Alertmanager to a control service yet"];
  const age = ageSeconds(watchdogAt, now);
  return age > WATCHDOG_SECONDS ? [`the watchdog's alert last came ${age.toFixed(0)} s ago`] : [];
}
