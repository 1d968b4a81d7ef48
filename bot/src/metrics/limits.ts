import { LIMIT_NAMES } from "@rollcall/core/domain/limits.ts";
import { Counter, type Registry } from "prom-client";

export interface LimitMetrics {
  refused(refused: { limit: string; door: string }): void;
  /** A request was let in although it could not be counted. */
  uncounted(): void;
}

/** What was too often. */
export function createLimitMetrics(registry: Registry): LimitMetrics {
  const registers = [registry];
  const refusals = new Counter({
    name: "rollcall_limit_refusals_total",
    help: "Requests refused because there were too many, by limit",
    labelNames: ["limit", "door"],
    registers,
  });
  const uncounted = new Counter({
    name: "rollcall_limit_uncounted_total",
    help: "Reads that were let in uncounted because Redis, which counts them, did not answer",
    registers,
  });
  for (const limit of LIMIT_NAMES) refusals.inc({ limit, door: "http" }, 0);
  return {
    refused: ({ limit, door }) => refusals.inc({ limit, door }),
    uncounted: () => uncounted.inc(),
  };
}
