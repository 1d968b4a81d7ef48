import { fitsPattern } from "./fits-pattern.ts";
import type { ExpectedAgent } from "./protocol.ts";

/** What a rule can look at without asking anybody. */
export type StandingAgent = Pick<ExpectedAgent, "id" | "group" | "owner" | "criticality" | "runtime" | "labels">;

const FIELDS: Readonly<Record<string, (agent: StandingAgent) => string>> = {
  group: ({ group }) => group,
  owner: ({ owner }) => owner,
  criticality: ({ criticality }) => criticality,
  runtime: ({ runtime }) => runtime.kind,
};

/** One word of a rule: an id, `content-*`, `@orders`, `owner=payments`, a label of fleet.yaml, or one of these after `!`. */
export const STANDING_WORD =
  /^!?(@?[a-z][a-z0-9*-]{0,62}|\*|[a-z][a-z0-9_.-]{0,62}=[A-Za-z0-9][A-Za-z0-9_.,-]{0,199})$/;

/**
 * Whether words that stand still fit an agent. Names add up, labels narrow, `!` takes out; a word that is not understood fits
 * nobody, so that a mistake in a rule never opens anything.
 */
export function fitsStandingWords(agent: StandingAgent, words: readonly string[]): boolean {
  if (words.some((word) => !STANDING_WORD.test(word))) return false;
  const excluded = words.filter((word) => word.startsWith("!")).map((word) => word.slice(1));
  const wanted = words.filter((word) => !word.startsWith("!"));
  const labels = wanted.filter((word) => word.includes("="));
  const names = wanted.filter((word) => !word.includes("="));
  if (excluded.some((word) => fitsWord(agent, word))) return false;
  const isNamed = names.length === 0 || names.some((word) => fitsWord(agent, word));
  return isNamed && labels.every((word) => fitsWord(agent, word));
}

function fitsWord(agent: StandingAgent, word: string): boolean {
  if (word === "*" || word === "all") return true;
  if (word.startsWith("@")) return agent.group === word.slice(1);
  if (!word.includes("=")) return fitsPattern(agent.id, word);
  const at = word.indexOf("=");
  const name = word.slice(0, at);
  const value = FIELDS[name]?.(agent) ?? (Object.hasOwn(agent.labels, name) ? agent.labels[name] : undefined);
  return (
    value !== undefined &&
    word
      .slice(at + 1)
      .split(",")
      .includes(value)
  );
}
