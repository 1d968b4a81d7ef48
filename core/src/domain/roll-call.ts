import { isWorking, type Verdict } from "./verdict.ts";

/** A roll call that was taken. `id` is shown as `rc-41`. */
export interface RollCall {
  readonly id: string;
  /** Redis time in ms. */
  readonly at: number;
  readonly tookMs: number;
  /** The words that said who was called, with spaces between; empty: everybody. */
  readonly who: string;
  /** Name of who called. */
  readonly by: string;
  readonly door: string;
  readonly verdicts: ReadonlyMap<string, Verdict>;
}

/** One agent of which two roll calls say something else; null: it was not called in that one. */
export interface RollChange {
  readonly agent: string;
  readonly was: Verdict | null;
  readonly is: Verdict | null;
}

/**
 * Who has changed from one roll call to a later one of the same words: those that do not work first. Working, busy and slow
 * are one, because all three work.
 */
export function changesBetween(
  before: Pick<RollCall, "verdicts">,
  now: Pick<RollCall, "verdicts">,
): readonly RollChange[] {
  const agents = [...new Set([...now.verdicts.keys(), ...before.verdicts.keys()])];
  const changes = agents.map((agent) => ({
    agent,
    was: before.verdicts.get(agent) ?? null,
    is: now.verdicts.get(agent) ?? null,
  }));
  return changes
    .filter(({ was, is }) => standing(was) !== standing(is))
    .toSorted((one, other) => rank(one) - rank(other) || (one.agent < other.agent ? -1 : 1));
}

const standing = (verdict: Verdict | null): string | null =>
  verdict !== null && isWorking(verdict) ? "working" : verdict;

const rank = ({ is }: RollChange): number => (is === null ? 2 : isWorking(is) ? 1 : 0);

/** How many of a roll call work. */
export const workingIn = ({ verdicts }: Pick<RollCall, "verdicts">): number =>
  [...verdicts.values()].filter(isWorking).length;
