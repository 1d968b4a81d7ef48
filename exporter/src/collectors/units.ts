import { type CollectorName, type Measured, sampleOf, unexpectedOf } from "./collector.ts";

/** What keeps a process running, as PM2, systemd or Docker tells it. null: it does not tell. */
export interface Unit {
  readonly isRunning: boolean;
  /** ms since the epoch. */
  readonly startedAt: number | null;
  readonly restarts: number | null;
  readonly memoryBytes: number | null;
  readonly cpuSeconds: number | null;
}

interface Found {
  /** By name; null for what is expected and not known there. */
  readonly units: ReadonlyMap<string, Unit | null>;
  /** Running and expected by nobody; null where that cannot be told. */
  readonly unexpected: number | null;
}

/** The same metrics for all of them, so that one rule and one panel serve all. */
export function measureUnits(collector: CollectorName, { units, unexpected }: Found): Measured {
  const all = [...units];
  const known = all.filter((one): one is [string, Unit] => one[1] !== null);
  const of = (value: (unit: Unit) => number | null) =>
    known.flatMap(([name, unit]) => sampleOf([collector, name], value(unit)));
  return {
    rollcall_unit_present: all.map(([name, unit]) => ({ labels: [collector, name], value: unit === null ? 0 : 1 })),
    rollcall_unit_running: all.map(([name, unit]) => ({ labels: [collector, name], value: unit?.isRunning ? 1 : 0 })),
    // Of a unit that does not run they are those of a process that is gone.
    rollcall_unit_start_timestamp_seconds: of((unit) => runningOnly(unit, unit.startedAt && unit.startedAt / 1000)),
    rollcall_unit_resident_memory_bytes: of((unit) => runningOnly(unit, unit.memoryBytes)),
    rollcall_unit_cpu_seconds_total: of((unit) => runningOnly(unit, unit.cpuSeconds)),
    rollcall_unit_restarts_total: of(({ restarts }) => restarts),
    ...(unexpected !== null && unexpectedOf(collector, unexpected)),
  };
}

const runningOnly = ({ isRunning }: Unit, value: number | null): number | null => (isRunning ? value : null);
