import { makeBoard } from "../board.ts";
import { bars, chart, number } from "../panel.ts";

const FLEET = 'fleet=~"$fleet"';

/** How much room is left, and when it will be gone. */
export default makeBoard({
  uid: "rollcall-capacity",
  title: "Capacity",
  description: "What the fleet and Rollcall itself use, where it grows, and what outside APIs still allow",
  revision: 3,
  narrows: ["group"],
  since: "now-24h",
  sections: [
    {
      title: "The fleet",
      panels: [
        number({
          ...{ title: "Processor", unit: "none", span: 6, decimals: 2, min: 0 },
          description: "Cores that all agents use together, over five minutes.",
          queries: [{ expr: `sum(rate(rollcall_agent_cpu_seconds_total{${FLEET}}[5m]))`, legend: "cores" }],
        }),
        number({
          ...{ title: "Memory", unit: "bytes", span: 6, decimals: 1, min: 0 },
          description: "Resident memory of all agents together.",
          queries: [{ expr: `sum(rollcall_agent_resident_memory_bytes{${FLEET}})`, legend: "memory" }],
        }),
        number({
          ...{ title: "Memory in a day", unit: "bytes", span: 6, decimals: 1 },
          description: "Where the memory of all agents will be in 24 hours if it goes on as in the last hour.",
          queries: [
            {
              expr: `sum(predict_linear(rollcall_agent_resident_memory_bytes{${FLEET}}[1h], 86400))`,
              legend: "memory",
            },
          ],
        }),
        number({
          ...{ title: "Work for each core", unit: "ops", span: 6, decimals: 1, min: 0 },
          description:
            "Items handled each second for each core that is used: less than before means more cost for the same work.",
          queries: [
            {
              expr: `sum(rate(rollcall_agent_tasks_total{${FLEET}}[5m])) / sum(rate(rollcall_agent_cpu_seconds_total{${FLEET}}[5m]))`,
              legend: "items",
            },
          ],
        }),
        bars({
          ...{ title: "Most processor time", unit: "percentunit", span: 12, min: 0 },
          description: "The ten agents that use most, over five minutes; 100 % is one core.",
          queries: [
            {
              expr: `topk(10, sum by (agent) (rate(rollcall_agent_cpu_seconds_total{${FLEET},group=~"$group"}[5m])))`,
              legend: "{{agent}}",
            },
          ],
          leadsTo: "rollcall-agent",
        }),
        bars({
          ...{ title: "Most memory", unit: "bytes", span: 12, min: 0 },
          description: "The ten agents that hold most.",
          queries: [
            {
              expr: `topk(10, sum by (agent) (rollcall_agent_resident_memory_bytes{${FLEET},group=~"$group"}))`,
              legend: "{{agent}}",
            },
          ],
          leadsTo: "rollcall-agent",
        }),
        bars({
          ...{ title: "Busiest", unit: "percentunit", span: 12, min: 0, warnAt: [0.7, 0.9] },
          description:
            "Share of the time that agents spend in handlers, over five minutes. Near 100 % one copy is not enough any more.",
          queries: [
            {
              expr: `topk(10, sum by (agent) (rate(rollcall_agent_busy_seconds_total{${FLEET},group=~"$group"}[5m])))`,
              legend: "{{agent}}",
            },
          ],
          leadsTo: "rollcall-agent",
        }),
        bars({
          ...{ title: "Memory grows", unit: "Bps", span: 12 },
          description: "Bytes each second by which the memory of agents grows, over half an hour.",
          queries: [
            {
              expr: `topk(10, deriv(rollcall_agent_resident_memory_bytes{${FLEET},group=~"$group"}[30m]))`,
              legend: "{{agent}}",
            },
          ],
          leadsTo: "rollcall-agent",
        }),
      ],
    },
    {
      title: "Bus",
      panels: [
        chart({
          ...{ title: "Events", unit: "ops", span: 12, min: 0 },
          description: "Events each second, over five minutes and over a day.",
          queries: [
            { expr: `sum(fleet:rollcall_bus_events:rate5m{${FLEET}})`, legend: "5 min" },
            { expr: `sum(fleet:rollcall_bus_events:rate1d{${FLEET}})`, legend: "1 day" },
          ],
        }),
        bars({
          ...{ title: "Largest topics", unit: "short", span: 12, min: 0, decimals: 0 },
          description: "Events that Redis holds by topic; each is cut to its length.",
          queries: [{ expr: `topk(10, sum by (topic) (rollcall_bus_stream_entries{${FLEET}}))`, legend: "{{topic}}" }],
        }),
      ],
    },
    {
      title: "The machine",
      panels: [
        chart({
          ...{ title: "Its processors", unit: "none", span: 8, min: 0 },
          description: "Cores of the exporter's machine that are busy, by what with, over five minutes.",
          queries: [
            {
              expr: 'sum by (mode) (rate(rollcall_host_cpu_seconds_total{mode!="idle"}[5m]))',
              legend: "{{mode}}",
            },
          ],
        }),
        number({
          ...{ title: "Memory that is left", unit: "percentunit", span: 4, height: 8, decimals: 0, warnAt: [0.2, 0.1] },
          description: "Share of the machine's memory that programs could still have without swapping.",
          queries: [
            { expr: "min(rollcall_host_memory_available_bytes / rollcall_host_memory_bytes)", legend: "memory" },
          ],
        }),
        bars({
          ...{ title: "Room on filesystems", unit: "percentunit", span: 6, min: 0, max: 1, warnAt: [0.2, 0.1] },
          description: "Share of each expected filesystem that is free.",
          queries: [
            {
              expr: "min by (mount) (rollcall_host_filesystem_available_bytes / rollcall_host_filesystem_bytes)",
              legend: "{{mount}}",
            },
          ],
        }),
        number({
          ...{ title: "Load", unit: "none", span: 6, height: 8, decimals: 1, warnAt: [1, 2] },
          description: "Processes that run or wait, for each processor, over a minute.",
          queries: [{ expr: "max(rollcall_host_load / rollcall_host_cpus)", legend: "load" }],
        }),
      ],
    },
    {
      title: "Rollcall itself",
      panels: [
        chart({
          ...{ title: "Memory of its services", unit: "bytes", span: 12, min: 0 },
          description: "Resident memory of control service and exporter.",
          queries: [{ expr: "max by (job) (process_resident_memory_bytes)", legend: "{{job}}" }],
        }),
        chart({
          ...{ title: "Processor time of its services", unit: "percentunit", span: 12, min: 0 },
          description: "Processor time for each second that passed; 1 is one core.",
          queries: [{ expr: "max by (job) (rate(process_cpu_seconds_total[5m]))", legend: "{{job}}" }],
        }),
      ],
    },
  ],
});
