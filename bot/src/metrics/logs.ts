import { LOG_LEVELS, type LogLine } from "@rollcall/core/domain/log-line.ts";
import { Counter, Gauge, type Registry } from "prom-client";

/** What is read of one place at once. */
interface KeptPiece {
  readonly place: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly lines: readonly Pick<LogLine, "level">[];
  readonly leftOut: number;
  readonly lostBytes: number;
}

export interface LogMetrics {
  kept(piece: KeptPiece): void;
  /** The place cannot be read. */
  failed(place: string): void;
}

/** The collecting of logs. `place` is one of the few places that logs are read from: the supervisor, a runtime, a host. */
export function createLogMetrics(registry: Registry): LogMetrics {
  const registers = [registry];
  const lines = new Counter({
    name: "rollcall_log_lines_total",
    help: "Lines of agents and services that were taken in",
    labelNames: ["level"],
    registers,
  });
  const leftOut = new Counter({
    name: "rollcall_log_lines_left_out_total",
    help: "Lines that were left out because their agent or service wrote more than it may",
    registers,
  });
  const lost = new Counter({
    name: "rollcall_log_lost_bytes_total",
    help: "Bytes of logs that were gone before they were read",
    registers,
  });
  const readAt = new Gauge({
    name: "rollcall_log_read_timestamp_seconds",
    help: "When a place was read last by this control service; 0: it could not be read yet",
    labelNames: ["place"],
    registers,
  });
  for (const level of LOG_LEVELS) lines.inc({ level }, 0);
  const known = new Set<string>();
  return {
    kept(piece) {
      for (const { level } of piece.lines) lines.inc({ level });
      leftOut.inc(piece.leftOut);
      lost.inc(piece.lostBytes);
      known.add(piece.place);
      readAt.set({ place: piece.place }, piece.at / 1000);
    },
    failed(place) {
      if (known.has(place)) return;
      known.add(place);
      readAt.set({ place }, 0);
    },
  };
}
