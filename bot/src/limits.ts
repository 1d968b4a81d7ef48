import { type LimitUsesOptions, openLimitUses } from "@rollcall/core/adapters/redis/limit-uses.ts";
import type { BrakeLimits } from "@rollcall/core/brakes/brake-limits.ts";
import type { LimitTable } from "@rollcall/core/domain/limits.ts";
import { type CommandLimits, limitCommands } from "@rollcall/core/limit-commands.ts";
import { ATTEMPT_DOORS, type Attempts } from "@rollcall/core/ports/attempts.ts";
import type { Clock } from "@rollcall/core/ports/clock.ts";
import type { LimitStore } from "@rollcall/core/ports/limit-store.ts";
import { type FailedAttempts, limitFailedAttempts } from "./http/failed-attempts.ts";
import type { LimitMetrics } from "./metrics/limits.ts";

/** Everything that may happen only so often. */
export interface Limits {
  readonly table: LimitTable;
  /** What may be restarted and stopped before a brake closes. */
  readonly brakes: BrakeLimits;
  readonly commands: CommandLimits;
  readonly failedAttempts: FailedAttempts;
  /** Where refusals are counted for the audit log, from now on. */
  countBy(attempts: Pick<Attempts, "refused">): void;
  close(): void;
}

interface LimitsOptions {
  readonly table: LimitTable;
  readonly brakes: BrakeLimits;
  /** PostgreSQL's, for acts. */
  readonly acts: LimitStore;
  readonly redis: Pick<LimitUsesOptions, "url" | "clusterOf">;
  readonly fleet: string;
  readonly clock: Clock;
  readonly metrics: LimitMetrics;
  readonly onProblem: (problem: string, cause: unknown) => void;
}

/** Acts are counted where they are written, in PostgreSQL; reads and failed attempts in Redis, which all control services share. */
export function openLimits({ table, brakes, acts, fleet, clock, metrics, onProblem, ...rest }: LimitsOptions): Limits {
  const redis = openLimitUses({
    ...{ ...rest.redis, fleet, clock },
    onProblem: (error) => onProblem("a connection to Redis broke", error),
  });
  let attempts: Pick<Attempts, "refused"> | null = null;
  const onRefused = (refused: { limit: string; door: string; actor?: string }): void => {
    metrics.refused(refused);
    const door = ATTEMPT_DOORS.find((one) => one === refused.door);
    if (door === undefined) return;
    attempts?.refused({ event: "limit", door, reason: "limit", identity: refused.limit, ...actorOf(refused) });
  };
  return {
    table,
    brakes,
    countBy(counter) {
      attempts = counter;
    },
    commands: limitCommands({
      ...{ table, acts, reads: redis },
      onRefused,
      onUncounted: (cause) => {
        metrics.uncounted();
        onProblem("reads are not counted, so they have no limit", cause);
      },
    }),
    failedAttempts: limitFailedAttempts({ table, store: redis, onRefused, clock }),
    close: () => redis.close(),
  };
}

const actorOf = ({ actor }: { readonly actor?: string }) => (actor === undefined ? {} : { actor });
