import { type Cell, isLate, needsTwo, reasonsAgainst } from "./rights-by-design.ts";

/** What a door did with a wish. */
export interface Seen {
  readonly became:
    | "done"
    /** A request for a second person, or the question before it. */
    | "waits"
    | "refused"
    | "turned away"
    /** Nothing was done, and not for lack of rights: no such request, a running operation. */
    | "nothing to do"
    | "broken";
  /** Id of the rule; null where the door shows none. */
  readonly rule: string | null;
  readonly words: string;
}

/** @returns what is wrong, in words; null if the door did what the design says */
export function judge(cell: Cell, seen: Seen): string | null {
  const { became, rule, words } = seen;
  const reasons = reasonsAgainst(cell);
  const found = `${became}${rule === null ? "" : ` by ${rule}`}: ${words}`;
  if (became === "broken") return found;
  if (reasons.length === 0) return judgeLetIn(cell, seen, found);
  const wanted = reasons.includes("unauthenticated") ? "turned away" : "refused";
  if (became === "nothing to do" && isLate(reasons)) return null;
  if (became !== wanted) return `not ${wanted}, although ${reasons.join(", ")}: ${found}`;
  return rule === null || reasons.includes(rule) ? null : `refused by ${rule} and not by ${reasons.join(", ")}`;
}

function judgeLetIn(cell: Cell, { became }: Seen, found: string): string | null {
  if (became === "refused" || became === "turned away") return `wrongly ${found}`;
  return needsTwo(cell) && became === "done" ? "done by one person, and it needs two" : null;
}

/** Counts cells, and keeps what was wrong. */
export interface Tally {
  cells: number;
  letIn: number;
  refused: number;
  /** Let in, and then there was nothing to do. */
  idle: number;
  readonly wrong: string[];
}

export const newTally = (): Tally => ({ cells: 0, letIn: 0, refused: 0, idle: 0, wrong: [] });

export function count(tally: Tally, cell: Cell, { seen, label }: { seen: Seen; label: string }): void {
  tally.cells += 1;
  if (seen.became === "refused" || seen.became === "turned away") tally.refused += 1;
  else if (seen.became === "nothing to do") tally.idle += 1;
  else tally.letIn += 1;
  const problem = judge(cell, seen);
  if (problem !== null) tally.wrong.push(`${label}: ${problem}`);
}
