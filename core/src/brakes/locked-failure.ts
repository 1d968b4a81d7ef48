import { Failure } from "../domain/failure.ts";
import { listed } from "../fleet-words.ts";
import type { Brake } from "./restart-budget.ts";

/** The refusal by a brake: why, when it opens, and how a second person lifts it. */
export const lockedFailure = (brake: Brake, command: string): Failure =>
  new Failure("too_many_requests", brake.why, {
    rule: brake.rule,
    found: listed(brake.agents),
    retryAt: brake.opensAt,
    next: `${brake.opens}; a second person can lift it: \`${command} ${brake.agents.join(" ")} --force --reason "…"\`. Nothing was done.`,
  });

/** Rules of brakes, by which a refusal is known to be one. */
export const BRAKE_RULES: readonly Brake["rule"][] = ["restart-budget", "flapping", "fleet-budget"];
