import { z } from "zod";
import { Failure } from "../../domain/failure.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Monitoring, MonitoringReading } from "../../ports/monitoring.ts";
import { connectPrometheus } from "./client.ts";

const health = { health: z.string(), lastError: z.string().optional() };
const rules = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ type: z.string(), name: z.string(), ...health })) })),
});
const targets = z.object({
  activeTargets: z.array(
    z.object({
      ...{ labels: z.record(z.string(), z.string()), scrapeUrl: z.string(), ...health },
      lastScrape: z.string().optional(),
    }),
  ),
});
const alertmanagers = z.object({ activeAlertmanagers: z.array(z.unknown()) });

const WATCHDOG = "max(rollcall_watchdog_last_received_timestamp_seconds)";

/** The monitoring as Prometheus shows it. */
export function openMonitoring({ url, clock }: { url: string; clock: Clock }): Monitoring {
  const prometheus = connectPrometheus(url);
  return {
    async look(): Promise<MonitoringReading> {
      const [ruleAnswer, targetAnswer, managerAnswer, [watchdog]] = await Promise.all([
        prometheus.about("rules"),
        prometheus.about("targets"),
        prometheus.about("alertmanagers"),
        prometheus.instant(WATCHDOG, clock.now()),
      ]);
      const seconds = watchdog?.value ?? null;
      return {
        rules: readAs(rules, ruleAnswer)
          .groups.flatMap((group) => group.rules)
          .filter(({ type }) => type === "alerting")
          .map((rule) => ({ name: rule.name, problem: problemOf(rule) })),
        targets: readAs(targets, targetAnswer).activeTargets.map((target) => ({
          job: target.labels.job ?? "",
          address: target.labels.instance ?? target.scrapeUrl,
          problem: problemOf(target),
          readAt: readAt(target),
        })),
        alertmanagers: readAs(alertmanagers, managerAnswer).activeAlertmanagers.length,
        watchdogAt: seconds === null ? null : seconds * 1000,
      };
    },
  };
}

/** Before its first look Prometheus says the year 1. */
function readAt({ lastScrape = "" }: { lastScrape?: string | undefined }): number | null {
  const at = Date.parse(lastScrape);
  return at > 0 ? at : null;
}

/** What was not looked at yet is no problem: it has just been loaded. */
const problemOf = ({ health: state, lastError = "" }: { health: string; lastError?: string | undefined }) =>
  ["ok", "up", "unknown"].includes(state) ? null : lastError.slice(0, 200) || state;

function readAs<Form>(form: z.ZodType<Form>, answer: unknown): Form {
  const read = form.safeParse(answer);
  if (!read.success) throw new Failure("unavailable", "Prometheus answered in a form that is not known here");
  return read.data;
}
