import type { ReadContext } from "./command.ts";
import { Failure, isFailure } from "./domain/failure.ts";
import { timeToken } from "./domain/report.ts";
import { changesBetween, type RollCall, type RollChange } from "./domain/roll-call.ts";
import { counted } from "./fleet-words.ts";
import type { RollCalls } from "./ports/roll-calls.ts";
import type { Roll } from "./take-roll.ts";
import { waitAtMost } from "./wait-at-most.ts";

/** Nobody waits longer for PostgreSQL than for the fleet: without it a roll call is answered all the same. */
const KEEP_MS = 500;
const MOST_CHANGES = 5;

/** What became of keeping a roll call; `kept` is null if that is not known, or nothing is stored here. */
export interface Remembered {
  readonly kept: RollCall | null;
  readonly before: RollCall | null;
}

/** Keeps a roll call and finds the one before it of the same words. */
export async function rememberRoll(
  roll: Roll,
  who: readonly string[],
  { ports, actor, door }: ReadContext,
): Promise<Remembered> {
  const { rollCalls } = ports;
  if (rollCalls === undefined) return { kept: null, before: null };
  const verdicts = new Map(roll.agents.map(({ expected, judgement }) => [expected.id, judgement.verdict]));
  const taken = { at: roll.at, tookMs: roll.tookMs, who: wordsOf(who), by: actor.name, door, verdicts };
  const keeping = keepAndCompare(rollCalls, taken);
  return (await waitAtMost(keeping, KEEP_MS)) ?? { kept: null, before: null };
}

async function keepAndCompare(rollCalls: RollCalls, taken: Omit<RollCall, "id">): Promise<Remembered> {
  try {
    const kept = await rollCalls.keep(taken);
    return { kept, before: await rollCalls.before(kept) };
  } catch (error) {
    if (!isFailure(error) || error.code !== "unavailable") throw error;
    return { kept: null, before: null };
  }
}

/** "all" and nothing are the same people. */
const wordsOf = (who: readonly string[]): string => (who.length === 1 && who[0] === "all" ? "" : who.join(" "));

/** "Since rc-40, 03:02:10: billing gone, was working"; "nobody has changed". No line if there was none before. */
export function changeLines({ kept, before }: Remembered): string[] {
  if (kept === null || before === null) return [];
  return [`Since ${before.id}, ${timeToken(before.at)}: ${changesWords(changesBetween(before, kept))}`];
}

/** "billing gone, was working · invoices new, working"; "nobody has changed" */
export function changesWords(changes: readonly RollChange[]): string {
  if (changes.length === 0) return "nobody has changed";
  const named = changes.slice(0, MOST_CHANGES).map(changeWords);
  const more = changes.length - named.length;
  return [...named, ...(more > 0 ? [`and ${counted(more, "more agent")}`] : [])].join(" · ");
}

function changeWords({ agent, was, is }: RollChange): string {
  if (is === null) return `${agent} is not among them any more, was ${was}`;
  return was === null ? `${agent} ${is}, was not called then` : `${agent} ${is}, was ${was}`;
}

/** @throws Failure "unavailable" where nothing is stored */
export function rollCallsOf({ ports }: Pick<ReadContext, "ports">): RollCalls {
  if (ports.rollCalls !== undefined) return ports.rollCalls;
  throw new Failure("unavailable", "nothing is stored here, so there are no earlier roll calls");
}
