import { Counter, Gauge, type Registry } from "prom-client";

export interface ScheduleMetrics {
  ran(loop: string, outcome: "done" | "failed", now: number): void;
}

/** The loops of the leader. `loop` is one of a few fixed names. */
export function createScheduleMetrics(registry: Registry): ScheduleMetrics {
  const runs = new Counter({
    name: "rollcall_schedule_runs_total",
    help: "Rounds of a loop of the leader",
    labelNames: ["loop", "outcome"],
    registers: [registry],
  });
  const last = new Gauge({
    name: "rollcall_schedule_last_success_timestamp_seconds",
    help: "When a loop last did its round",
    labelNames: ["loop"],
    registers: [registry],
  });
  return {
    ran(loop, outcome, now) {
      runs.inc({ loop, outcome });
      if (outcome === "done") last.set({ loop }, now / 1000);
    },
  };
}
