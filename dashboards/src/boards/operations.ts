import { makeBoard } from "../board.ts";
import { bars, chart, number, rows } from "../panel.ts";

const AGENT = 'fleet=~"$fleet",group=~"$group"';
const FLEET = 'fleet=~"$fleet"';

const HEALTH_TITLES = {
  healthy: "Healthy",
  degraded: "Degraded",
  critical: "Critical",
  unknown: "Unknown",
  off: "Off on purpose",
} as const;

/** What needs attention, and what is being done. */
export default makeBoard({
  uid: "rollcall-operations",
  title: "Operations",
  description: "Agents by health and verdict, what waits, what fails, and the commands of people",
  revision: 2,
  narrows: ["group"],
  sections: [
    {
      title: "The fleet",
      panels: [
        ...(["healthy", "degraded", "critical", "unknown", "off"] as const).map((health) =>
          number({
            ...{ title: HEALTH_TITLES[health], unit: "short", span: 4, decimals: 0 },
            ...(health === "critical" && { warnAt: [1, 2] as const }),
            description: `Expected agents whose health is ${health}. The reader decides it from the rungs, not the agent.`,
            queries: [{ expr: `sum(rollcall_fleet_agents{${FLEET},health="${health}"})`, legend: health }],
          }),
        ),
        number({
          ...{ title: "Alerts firing", unit: "short", span: 4, decimals: 0, warnAt: [1, 3] },
          description: "Alerts that fire now, without the one that always does.",
          queries: [
            { expr: 'count(ALERTS{alertstate="firing",alertname!="Watchdog"}) or vector(0)', legend: "alerts" },
          ],
        }),
        rows({
          ...{ title: "Needs attention", unit: "short", span: 12, decimals: 0 },
          description:
            "Agents below rung 4: 0 gone, 1 no heartbeat, 2 deaf, 3 alive but not consuming. If nobody is, the lowest rungs there are.",
          queries: [{ expr: `bottomk(10, rollcall_agent_rung{${AGENT}})`, legend: "" }],
          leadsTo: "rollcall-agent",
        }),
        chart({
          ...{ title: "Agents by verdict", unit: "short", span: 12, min: 0, decimals: 0 },
          description: "Expected agents by what the roll call says of them.",
          queries: [{ expr: `sum by (verdict) (rollcall_fleet_agents_judged{${FLEET}}) > 0`, legend: "{{verdict}}" }],
        }),
      ],
    },
    {
      title: "Work",
      panels: [
        chart({
          ...{ title: "Items handled by group", unit: "ops", span: 12, min: 0 },
          description: "Items that agents of each group have handled well each second, over five minutes.",
          queries: [{ expr: `group:rollcall_agent_tasks:rate5m{${AGENT}}`, legend: "{{group}}" }],
        }),
        chart({
          ...{ title: "Items that failed", unit: "percentunit", span: 12, min: 0, warnAt: [0.01, 0.05] },
          description: "Failed of all items that each group tried, over five minutes.",
          queries: [
            {
              expr: `sum by (group) (rate(rollcall_agent_tasks_failed_total{${AGENT}}[5m])) / (sum by (group) (rate(rollcall_agent_tasks_failed_total{${AGENT}}[5m])) + sum by (group) (rate(rollcall_agent_tasks_total{${AGENT}}[5m])) > 0)`,
              legend: "{{group}}",
            },
          ],
        }),
        bars({
          ...{ title: "Longest in hand", unit: "s", span: 12, min: 0 },
          description:
            "How long the oldest item that an agent holds has been in its hands. Up to its normal time that is work, above it something hangs.",
          queries: [
            {
              expr: `topk(10, time() - rollcall_agent_oldest_in_flight_timestamp_seconds{${AGENT}}) or topk(1, 0 * rollcall_agent_in_flight{${AGENT}})`,
              legend: "{{agent}}",
            },
          ],
          leadsTo: "rollcall-agent",
        }),
        bars({
          ...{ title: "Waiting", unit: "short", span: 12, min: 0, decimals: 0 },
          description:
            "Events that wait for each agent, over all its subscriptions. What Redis cannot count is left out, not 0.",
          queries: [{ expr: `topk(10, sum by (group) (rollcall_bus_group_lag{${FLEET}}))`, legend: "{{group}}" }],
          leadsTo: "rollcall-event-bus",
        }),
      ],
    },
    {
      title: "Commands of people",
      panels: [
        chart({
          ...{ title: "Operations by ending", unit: "short", span: 12, min: 0, decimals: 0 },
          description:
            "Operations that ended within five minutes, by how: recovered, did not help, did not come back, failed.",
          queries: [{ expr: "sum by (ending) (increase(rollcall_operations_ended_total[5m]))", legend: "{{ending}}" }],
        }),
        chart({
          ...{ title: "Commands by what was answered", unit: "short", span: 12, min: 0, decimals: 0 },
          description: "Commands asked for within five minutes: answered, accepted, or the code of the refusal.",
          queries: [{ expr: "sum by (outcome) (increase(rollcall_commands_total[5m]))", legend: "{{outcome}}" }],
        }),
      ],
    },
  ],
});
