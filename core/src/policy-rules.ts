import { createHash } from "node:crypto";
import type { AccessOverrides } from "./ports/access-overrides.ts";
import type { Clock } from "./ports/clock.ts";
import type { Block, Lift, OnCall, PolicyRules, PolicyRulesPort, ScopeRule } from "./ports/policy-rules.ts";
import { LARGEST_SHARE_ALONE, MOST_AGENTS_ALONE } from "./second-person.ts";

/** What a file says about rights beside the roles. */
export interface StandingRules {
  readonly scopes: readonly ScopeRule[];
  readonly blocks: readonly Block[];
  /** All times that are planned, also past and coming ones; nobody if left out. */
  readonly onCall?: readonly OnCall[];
  /** LONGEST_LIFT_HOURS if left out. */
  readonly longestLiftHours?: number;
}

/** A night and a day; who needs a role for longer gets it where roles are kept. */
export const LONGEST_LIFT_HOURS = 12;

export interface OpenPolicyRules extends PolicyRulesPort {
  /** Asks for blocks and lifts now; also called once a second after `watch`. @throws Failure "unavailable" */
  refresh(): Promise<void>;
  watch(): void;
  close(): void;
}

interface PolicyRulesOptions {
  /** As they are now; asked at every use, so that a changed file counts at once. */
  readonly standing: () => StandingRules;
  readonly overrides: Pick<AccessOverrides, "open">;
  readonly clock: Clock;
  /** Called when a round fails after one that did not; what was known before stays in force. */
  readonly onProblem: (problem: string, cause: unknown) => void;
  /** 1,000 if not said: a block counts on every replica within 2 s. */
  readonly refreshMs?: number;
}

/** Puts the standing rules and what stands in PostgreSQL together. */
export function createPolicyRules({
  standing,
  overrides,
  clock,
  onProblem,
  refreshMs = 1000,
}: PolicyRulesOptions): OpenPolicyRules {
  let open: Awaited<ReturnType<AccessOverrides["open"]>> = { blocks: [], lifts: [] };
  let readAt: number | null = null;
  let wasAnswered = true;
  let timer: NodeJS.Timeout | null = null;
  let isClosed = false;
  const refresh = async (): Promise<void> => {
    open = await overrides.open();
    readAt = clock.now();
    wasAnswered = true;
  };
  const tell = (error: unknown): void => {
    if (wasAnswered) onProblem("blocks and lifts could not be read", error);
    wasAnswered = false;
  };
  const next = (): void => {
    if (isClosed) return;
    timer = setTimeout(() => {
      refresh()
        // While PostgreSQL is away nothing can be changed by anybody, so old blocks and lifts do no harm.
        .catch(tell)
        .finally(next);
    }, refreshMs);
    timer.unref();
  };
  return {
    current() {
      const { scopes, blocks, onCall = [], longestLiftHours = LONGEST_LIFT_HOURS } = standing();
      const now = clock.now();
      const duty = onCall.filter(({ from, until }) => from <= now && now < until);
      return {
        ...{ version: versionOf(scopes), scopes, readAt, longestLiftHours, onCall: duty },
        blocks: [...blocks, ...open.blocks],
        lifts: [...open.lifts, ...duty.flatMap(liftOf)],
      };
    },
    refresh,
    watch: next,
    close() {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}

const liftOf = ({ person, role, from, until }: OnCall): Lift[] =>
  role === null ? [] : [{ person, role, reason: "on call", by: "access.yaml", since: from, until }];

const versionOf = (scopes: readonly ScopeRule[]): string =>
  createHash("sha256")
    .update(JSON.stringify([scopes, MOST_AGENTS_ALONE, LARGEST_SHARE_ALONE]))
    .digest("hex");

/** Rules that say nothing: roles alone decide. */
export const NO_RULES: PolicyRules = {
  ...{ version: versionOf([]), scopes: [], blocks: [], lifts: [], onCall: [], readAt: 0 },
  longestLiftHours: LONGEST_LIFT_HOURS,
};
