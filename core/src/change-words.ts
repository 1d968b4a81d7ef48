import type { Change } from "./domain/change.ts";
import { counted, listed, plain } from "./fleet-words.ts";

/** Agents of one change that are named; ux section 2. */
const NAMED = 3;

/** "billing 4.7.1 → 4.7.2, by CI", "restart of billing, recovered, by Olga (op-481)"; without its time. */
export function changeWords(change: Change): string {
  const { kind, id, by, agentCount } = change;
  const who =
    change.agents.length > 0 && agentCount <= NAMED ? listed([...change.agents]) : counted(agentCount, "agent");
  const made = by === null ? "" : `, by ${plain(by, 60)}`;
  const what = plain(change.what, 120);
  if (kind === "operation") {
    const [command = "", ...ending] = what.split(", ");
    const of = agentCount === 0 ? "" : ` of ${who}`;
    return `${[`${command}${of}`, ...ending].join(", ")}${made} (${id})`;
  }
  return `${agentCount === 0 ? "" : `${who} `}${what}${made}`;
}

/** Changes of one kind and in the same words within this time are one line. */
const TOGETHER_MS = 60_000;

/**
 * Folds what happened to many agents at once: the start of a whole host is one line.
 * @param changes newest first
 */
export function foldChanges(changes: readonly Change[]): Change[] {
  const folded: Change[] = [];
  for (const change of changes) {
    const at = folded.findIndex((one) => isTogether(one, change));
    const one = folded[at];
    if (one === undefined) folded.push(change);
    else folded[at] = together(one, change);
  }
  return folded;
}

const isTogether = (one: Change, other: Change): boolean =>
  other.kind !== "operation" &&
  one.kind === other.kind &&
  one.what === other.what &&
  one.by === other.by &&
  one.agentCount > 0 &&
  other.agentCount > 0 &&
  Math.abs(one.at - other.at) <= TOGETHER_MS;

function together(one: Change, other: Change): Change {
  const agents = [...new Set([...other.agents, ...one.agents])];
  const repeated = one.agents.length + other.agents.length - agents.length;
  return { ...one, agents, agentCount: one.agentCount + other.agentCount - repeated };
}
