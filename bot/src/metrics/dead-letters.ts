import type { DroppedLetters } from "@rollcall/core/ports/event-bus.ts";
import { Counter, type Registry } from "prom-client";

export interface DeadLetterMetrics {
  dropped(letters: DroppedLetters): void;
}

/** Dead letters that were lost because nobody dealt with them. */
export function createDeadLetterMetrics(registry: Registry): DeadLetterMetrics {
  const dropped = new Counter({
    name: "rollcall_dead_letters_dropped_total",
    help: "Dead letters that were dropped without a decision: too old, or too many on a topic",
    labelNames: ["reason"],
    registers: [registry],
  });
  for (const reason of ["age", "number"]) dropped.inc({ reason }, 0);
  return {
    dropped({ byAge, byNumber }) {
      dropped.inc({ reason: "age" }, byAge);
      dropped.inc({ reason: "number" }, byNumber);
    },
  };
}
