import { isFailure } from "@rollcall/core/domain/failure.ts";
import type { Operation } from "@rollcall/core/domain/operation.ts";
import { Counter, type Registry } from "prom-client";
import { TracedHistogram } from "./traced-histogram.ts";

export interface CommandMetrics {
  /** Counts what became of a request at a door; gives back what `run` gives. */
  count<Result extends { kind: string; repeated?: boolean }>(
    request: { command: string; door: string },
    run: () => Promise<Result>,
  ): Promise<Result>;
  /** Called once for each operation that has ended. */
  ended(operation: Operation): void;
}

/**
 * Commands by every door.
 * @param registry where the families are registered
 */
export function createCommandMetrics(registry: Registry): CommandMetrics {
  const registers = [registry];
  const commands = new Counter({
    name: "rollcall_commands_total",
    help: "Commands asked for, by what the door was told: answered, accepted, repeated, or the code of the refusal",
    labelNames: ["command", "door", "outcome"],
    registers,
  });
  const endings = new Counter({
    name: "rollcall_operations_ended_total",
    help: "Operations that ended, by how",
    labelNames: ["command", "ending"],
    registers,
  });
  const duration = new TracedHistogram({
    name: "rollcall_command_duration_seconds",
    help: "Time from the acceptance of an operation to its end",
    labelNames: ["command"],
    buckets: [0.5, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 300],
    registers,
  });
  return {
    async count({ command, door }, run) {
      try {
        const result = await run();
        commands.inc({ command, door, outcome: outcomeOf(result) });
        return result;
      } catch (error) {
        // A name that is no command is whatever somebody typed: one series for all of them.
        const unknown = isFailure(error) && error.code === "unknown_command";
        commands.inc({ command: unknown ? "other" : command, door, outcome: isFailure(error) ? error.code : "bug" });
        throw error;
      }
    },
    ended(operation) {
      const { command, ending, createdAt, endedAt, origin } = operation;
      endings.inc({ command, ending: ending ?? "unknown" });
      if (endedAt === null) return;
      duration.count({ command }, Math.max(0, (endedAt - createdAt) / 1000), origin?.traceparent ?? null);
    },
  };
}

function outcomeOf(result: { kind: string; repeated?: boolean }): string {
  if (result.kind === "read") return "answered";
  if (result.kind === "request") return result.repeated ? "repeated" : "asked";
  return result.repeated ? "repeated" : "accepted";
}
