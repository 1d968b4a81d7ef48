import type { ChartPanel } from "../../domain/chart.ts";
import type { ChartedAlert } from "./alert-chart.ts";
import { increaseOf, matching, oncePer, rateOf } from "./promql.ts";

/** What is drawn of an alert: the measure that it was decided on first. */
export interface AlertPanel extends Pick<ChartPanel, "title" | "unit" | "thresholds"> {
  readonly query: string;
  /** Labels that tell its lines apart. */
  readonly by: readonly string[];
}

interface Subject {
  readonly fleet: string;
  readonly agents: readonly string[];
  readonly topics: readonly string[];
}

/** More lines on one picture cannot be told apart; the first that began are the cause more often. */
const AGENTS_AT_MOST = 5;

/** As the rules of `alerting/rules` decide, with their limits. Alerts that are about no number have none. */
const PANELS: Readonly<Record<string, (subject: Subject) => readonly AlertPanel[]>> = {
  AgentGone: (subject) => [rung(subject, { value: 2, words: "gone below 2" }), memory(subject)],
  AgentFlapping: (subject) => [rung(subject, { value: 2, words: "gone below 2" }), memory(subject)],
  AgentNotWorking: (subject) => [rung(subject, { value: 4, words: "not working below 4" }), waitingFor(subject)],
  BusLagGrowing: (subject) => [waiting(subject, [{ value: 100, words: "counts from 100" }]), published(subject)],
  SubscriptionDead: (subject) => [waiting(subject, []), published(subject)],
  EventsLost: (subject) => [lost(subject), waiting(subject, [])],
  ErrorBudgetBurnsFast: () => [failedShare("5m", 14.4 * 0.001)],
  ErrorBudgetBurnsSlowly: () => [failedShare("30m", 6 * 0.001)],
  DirectoryStale: () => [
    {
      ...{ title: "Age of what is known of the groups", unit: "seconds", by: [] },
      thresholds: [{ value: 120, words: "stale from 2 min" }],
      query: "time() - max(rollcall_directory_read_timestamp_seconds)",
    },
  ],
  CanariesStopped: ({ fleet }) => [
    {
      ...{ title: "Age of the last round of canaries", unit: "seconds", by: [] },
      thresholds: [{ value: 45, words: "late from 45 s" }],
      query: `time() - max(rollcall_fleet_canary_round_timestamp_seconds${matching({ fleet })})`,
    },
  ],
  RefusedAttempts: () => [
    {
      ...{ title: "Turned away, in 5 min", unit: "count", by: ["door", "reason"] },
      thresholds: [{ value: 30, words: "too many from 30" }],
      query: `sum by (door, reason) (${increaseOf("rollcall_refused_attempts_total", 300)})`,
    },
  ],
};

/** Names of the alerts that have a picture. */
export const CHARTED_ALERTS: readonly string[] = Object.keys(PANELS);

/** What is drawn of these alerts of one name; nothing for an alert that is not known here. */
export function alertPanels(alerts: readonly ChartedAlert[], fleet: string): readonly AlertPanel[] {
  const name = alerts[0]?.alertname ?? "";
  const panels = Object.hasOwn(PANELS, name) ? PANELS[name] : undefined;
  const valuesOf = (label: string): string[] => [
    ...new Set(alerts.flatMap(({ labels }) => (labels[label] ? [labels[label]] : []))),
  ];
  const subject = { fleet, agents: valuesOf("agent").slice(0, AGENTS_AT_MOST), topics: valuesOf("topic") };
  return panels?.(subject) ?? [];
}

const rung = ({ fleet, agents }: Subject, threshold: ChartPanel["thresholds"][number]): AlertPanel => ({
  ...{ title: "Rung that it stands on", unit: "rung", by: ["agent"], thresholds: [threshold] },
  query: oncePer("agent", `rollcall_agent_rung${matching({ fleet, agent: agents })}`),
});

const memory = ({ fleet, agents }: Subject): AlertPanel => ({
  ...{ title: "Memory", unit: "bytes", by: ["agent"], thresholds: [] },
  query: oncePer("agent", `rollcall_agent_resident_memory_bytes${matching({ fleet, agent: agents })}`),
});

/** All that waits for an agent; a subscription's consumer group has the id of its agent. */
const waitingFor = ({ fleet, agents }: Subject): AlertPanel => ({
  ...{ title: "Waiting for it", unit: "count", by: ["group"], thresholds: [] },
  query: `sum by (group) (${oncePer("group, topic", `rollcall_bus_group_lag${matching({ fleet, group: agents })}`)})`,
});

const waiting = ({ fleet, agents, topics }: Subject, thresholds: AlertPanel["thresholds"]): AlertPanel => ({
  ...{ title: "Waiting", unit: "count", by: ["group", "topic"], thresholds },
  query: oncePer("group, topic", `rollcall_bus_group_lag${matching({ fleet, group: agents, topic: topics })}`),
});

const lost = ({ fleet, agents, topics }: Subject): AlertPanel => ({
  ...{ title: "Lost, in 10 min", unit: "count", by: ["group", "topic"], thresholds: [] },
  query: oncePer(
    "group, topic",
    increaseOf(`rollcall_bus_lost_total${matching({ fleet, group: agents, topic: topics })}`, 600),
  ),
});

const published = ({ fleet, topics }: Subject): AlertPanel => ({
  ...{ title: "Published", unit: "per second", by: ["topic"], thresholds: [] },
  query: oncePer("topic", rateOf(`rollcall_bus_events_total${matching({ fleet, topic: topics })}`, 60)),
});

const failedShare = (window: string, limit: number): AlertPanel => ({
  ...{ title: "Answers that failed", unit: "ratio", by: [] },
  thresholds: [{ value: limit, words: "spends the error budget too fast" }],
  query: `service:rollcall_http_requests_failed:ratio${window}`,
});
