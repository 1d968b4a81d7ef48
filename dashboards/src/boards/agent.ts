import { makeBoard } from "../board.ts";
import { chart, number, rows } from "../panel.ts";

const AGENT = 'fleet=~"$fleet",agent=~"$agent"';

/** All about one agent, or a few beside each other. */
export default makeBoard({
  uid: "rollcall-agent",
  title: "Agent",
  description: "Rungs, work, failures and resources of the chosen agents",
  revision: 2,
  narrows: ["group", "agent"],
  sections: [
    {
      title: "Does it work",
      panels: [
        number({
          ...{ title: "Rung", unit: "short", span: 6, decimals: 0, warnAt: [4, 3], max: 5 },
          description:
            "Lowest rung of the chosen agents: 1 process, 2 heartbeat, 3 echo, 4 canary handled by the work loop, 5 within its normal time.",
          queries: [{ expr: `min(rollcall_agent_rung{${AGENT}})`, legend: "rung" }],
        }),
        number({
          ...{ title: "Last heartbeat", unit: "s", span: 6, decimals: 0, warnAt: [10, 15] },
          description: "Age of the oldest of their last heartbeats. From 15 s on an agent is gone.",
          queries: [{ expr: `time() - min(rollcall_agent_last_heartbeat_timestamp_seconds{${AGENT}})`, legend: "ago" }],
        }),
        number({
          ...{ title: "In hand", unit: "short", span: 6, decimals: 0 },
          description: "Items that they hold at the moment.",
          queries: [{ expr: `sum(rollcall_agent_in_flight{${AGENT}})`, legend: "items" }],
        }),
        number({
          ...{ title: "Runs since", unit: "dateTimeFromNow", span: 6 },
          description: "When the process that was started last was started.",
          queries: [{ expr: `max(rollcall_agent_start_timestamp_seconds{${AGENT}}) * 1000`, legend: "started" }],
        }),
        chart({
          ...{ title: "Rungs", unit: "short", span: 12, min: 0, max: 5, decimals: 0 },
          description: "Highest rung each agent has passed. A gap: not measured.",
          queries: [{ expr: `rollcall_agent_rung{${AGENT}}`, legend: "{{agent}}" }],
        }),
        rows({
          ...{ title: "Version, host and runtime", unit: "short", span: 12, decimals: 0 },
          description: "What runs where, as the agent says it.",
          queries: [{ expr: `rollcall_agent_info{${AGENT}}`, legend: "" }],
        }),
      ],
    },
    {
      title: "Work",
      panels: [
        chart({
          ...{ title: "Items handled", unit: "ops", span: 8, min: 0 },
          description: "Items handled well each second, over five minutes.",
          queries: [{ expr: `sum by (agent) (rate(rollcall_agent_tasks_total{${AGENT}}[5m]))`, legend: "{{agent}}" }],
        }),
        chart({
          ...{ title: "Items that failed", unit: "ops", span: 8, min: 0 },
          description: "Items that its handler failed on each second, over five minutes.",
          queries: [
            { expr: `sum by (agent) (rate(rollcall_agent_tasks_failed_total{${AGENT}}[5m]))`, legend: "{{agent}}" },
          ],
        }),
        chart({
          ...{ title: "Share of the time in handlers", unit: "percentunit", span: 8, min: 0 },
          description: "Seconds in handlers for each second that passed; above 1 several at once.",
          queries: [
            { expr: `sum by (agent) (rate(rollcall_agent_busy_seconds_total{${AGENT}}[5m]))`, legend: "{{agent}}" },
          ],
        }),
        chart({
          ...{ title: "Handed out again", unit: "short", span: 8, min: 0, decimals: 0 },
          description:
            "Events that it took up after they had been handed out before, within five minutes: retries, or left over from a crash.",
          queries: [
            { expr: `sum by (agent) (increase(rollcall_agent_redeliveries_total{${AGENT}}[5m]))`, legend: "{{agent}}" },
          ],
        }),
        chart({
          ...{ title: "Canary waited", unit: "s", span: 8, min: 0 },
          description: "How long the last canary waited for the work loop: the time that a new item waits, too.",
          queries: [{ expr: `rollcall_agent_canary_wait_seconds{${AGENT}}`, legend: "{{agent}}" }],
        }),
        chart({
          ...{ title: "Calls of outside APIs", unit: "reqps", span: 8, min: 0 },
          description: "Calls each second by what became of them; agents that call nobody have none.",
          queries: [
            {
              expr: `sum by (agent, outcome) (rate(rollcall_agent_api_calls_total{fleet=~"$fleet"}[5m]))`,
              legend: "{{agent}}: {{outcome}}",
            },
          ],
        }),
      ],
    },
    {
      title: "Resources",
      panels: [
        chart({
          ...{ title: "Processor", unit: "percentunit", span: 8, min: 0 },
          description: "Processor time for each second that passed; 1 is one core.",
          queries: [
            { expr: `sum by (agent) (rate(rollcall_agent_cpu_seconds_total{${AGENT}}[5m]))`, legend: "{{agent}}" },
          ],
        }),
        chart({
          ...{ title: "Memory", unit: "bytes", span: 8, min: 0 },
          description: "Resident memory of the process. A line that only rises is a leak.",
          queries: [{ expr: `rollcall_agent_resident_memory_bytes{${AGENT}}`, legend: "{{agent}}" }],
        }),
        chart({
          ...{ title: "Event loop is late by", unit: "s", span: 8, min: 0, warnAt: [0.1, 1] },
          description: "How late its timers are, 99th percentile between two heartbeats.",
          queries: [{ expr: `rollcall_agent_event_loop_delay_seconds{${AGENT}}`, legend: "{{agent}}" }],
        }),
        chart({
          ...{ title: "Network", unit: "Bps", span: 12 },
          description: "Bytes received, and sent below the line, each second.",
          queries: [
            {
              expr: `sum by (agent) (rate(rollcall_agent_network_received_bytes_total{${AGENT}}[5m]))`,
              legend: "{{agent}} received",
            },
            {
              expr: `-sum by (agent) (rate(rollcall_agent_network_sent_bytes_total{${AGENT}}[5m]))`,
              legend: "{{agent}} sent",
            },
          ],
        }),
        chart({
          ...{ title: "Disk", unit: "Bps", span: 12 },
          description: "Bytes written, and read below the line, each second; absent where the system does not tell.",
          queries: [
            {
              expr: `sum by (agent) (rate(rollcall_agent_disk_written_bytes_total{${AGENT}}[5m]))`,
              legend: "{{agent}} written",
            },
            {
              expr: `-sum by (agent) (rate(rollcall_agent_disk_read_bytes_total{${AGENT}}[5m]))`,
              legend: "{{agent}} read",
            },
          ],
        }),
      ],
    },
  ],
});
