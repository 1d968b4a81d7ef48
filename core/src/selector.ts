import { z } from "zod";
import { Failure } from "./domain/failure.ts";
import { HEALTHS, VERDICTS } from "./domain/verdict.ts";
import { fitsPattern } from "./fits-pattern.ts";
import { counted, listed, nearest, oneOf, plain, sickFirst } from "./fleet-words.ts";
import { type FleetSight, observeFleet, type SeenAgent } from "./observe-fleet.ts";
import { ACTIVITIES, type ExpectedAgent } from "./protocol.ts";

/** WHO as a field of a command's input: words like `billing`, `content-*`, `@orders`, `owner=payments`, `!billing`, `all`. */
export const who = z
  .array(z.string().min(1).max(200))
  .max(100)
  .default([])
  .describe("Which agents: ids, content-*, @group, label=value, !id, all");

/** How words are to be read. */
export interface SelectOptions {
  /** What is to be done to them, for "Restart whom?" */
  readonly verb: string;
  /** A change never runs on a guess; a look does if only one agent fits. */
  readonly isChange: boolean;
}

const LABELS: Readonly<Record<string, { isLive: boolean; of(agent: SeenAgent): string }>> = {
  owner: { isLive: false, of: ({ expected }) => expected.owner },
  criticality: { isLive: false, of: ({ expected }) => expected.criticality },
  group: { isLive: false, of: ({ expected }) => expected.group },
  runtime: { isLive: false, of: ({ expected }) => expected.runtime.kind },
  version: { isLive: true, of: ({ beat }) => beat?.version ?? "unknown" },
  health: { isLive: true, of: ({ judgement }) => judgement.health },
  activity: { isLive: true, of: ({ beat }) => beat?.activity ?? "unknown" },
  verdict: { isLive: true, of: ({ judgement }) => judgement.verdict.replaceAll(" ", "-") },
  host: { isLive: true, of: ({ beat }) => beat?.host ?? "unknown" },
};

interface Words {
  readonly named: readonly string[];
  readonly groups: readonly string[];
  readonly excluded: readonly string[];
  readonly labels: readonly { readonly name: string; readonly values: readonly string[] }[];
  readonly isAll: boolean;
}

/**
 * The expected agents that words stand for, in the order of the fleet. Names add up, labels narrow, `!` takes out.
 * No words at all mean everyone for a look, and are refused for a change.
 * @throws Failure "unknown_agent", "invalid_input" with the nearest names, "unavailable" if a label needs what cannot be asked
 */
export async function selectAgents(
  words: readonly string[],
  sight: FleetSight,
  options: SelectOptions,
): Promise<ExpectedAgent[]> {
  const { agents } = await sight.registry.expected();
  const parsed = parseWords(words);
  const refuse = refuser(options);
  checkLabels(parsed, refuse);
  if (options.isChange && saysNobody(parsed) && parsed.labels.length === 0) {
    throw new Failure("invalid_input", await askWhom(parsed, sight, options.verb), { found: "nobody" });
  }
  const base = chooseBase(parsed, { agents, refuse, isChange: options.isChange });
  const out = new Set(parsed.excluded.flatMap((name) => byName(name, { agents, refuse, isChange: true })));
  const chosen = agents.filter(({ id }) => base.has(id) && !out.has(id));
  const fitting = parsed.labels.length === 0 ? chosen : await narrow(chosen, parsed, { sight, agents, refuse });
  if (fitting.length === 0 && options.isChange) {
    throw refuse("invalid_input", `No agent fits ${plain(words.join(" "), 100)}.`);
  }
  return fitting;
}

/**
 * The one agent that a change takes by its id: no group, pattern, label or list, also where only one agent fits it.
 * @param what begins the refusal: "A run"
 * @throws Failure "unknown_agent", "invalid_input"
 */
export async function selectOne(
  id: string,
  sight: FleetSight,
  { verb, what }: { readonly verb: string; readonly what: string },
): Promise<ExpectedAgent> {
  const [agent] =
    /[*@!=,]/.test(id) || id.toLowerCase() === "all" ? [] : await selectAgents([id], sight, { verb, isChange: true });
  if (agent !== undefined) return agent;
  throw new Failure("invalid_input", `${what} takes one agent by its id. Nothing was done.`, { found: plain(id, 100) });
}

/** Makes the refusal; a change adds that nothing was done. */
type Refuse = (code: "unknown_agent" | "invalid_input", message: string, allowed?: readonly string[]) => Failure;
const refuser =
  ({ isChange }: SelectOptions): Refuse =>
  (code, message, allowed = []) =>
    new Failure(code, isChange ? `${message} Nothing was done.` : message, { allowed });

function parseWords(words: readonly string[]): Words {
  const parts = words.map((word) => word.trim()).filter((word) => word !== "");
  const labels = parts.filter((word) => word.includes("=")).map(parseLabel);
  const names = parts.filter((word) => !word.includes("=")).flatMap((word) => word.toLowerCase().split(","));
  const starting = (mark: string): string[] =>
    names.filter((name) => name.startsWith(mark)).map((name) => name.slice(1));
  return {
    named: names.filter((name) => name !== "" && name !== "all" && !/^[@!]/.test(name)),
    groups: starting("@"),
    excluded: starting("!"),
    labels,
    isAll: names.includes("all"),
  };
}

function parseLabel(word: string): Words["labels"][number] {
  const at = word.indexOf("=");
  const values = word.slice(at + 1).split(",");
  return { name: word.slice(0, at).toLowerCase(), values: values.filter((value) => value !== "") };
}

function checkLabels({ labels }: Words, refuse: Refuse): void {
  const known = Object.keys(LABELS);
  for (const { name, values } of labels) {
    if (!known.includes(name)) {
      throw refuse("invalid_input", `"${plain(name)}" is no label. Labels are ${known.join(", ")}.`, known);
    }
    if (values.length === 0) throw refuse("invalid_input", `${name}= needs a value.`);
  }
}

interface Choice {
  readonly agents: readonly ExpectedAgent[];
  readonly refuse: Refuse;
  readonly isChange: boolean;
}

/** Ids before labels narrow. Words that only narrow start from everyone; words that only take out do so for a look. */
function chooseBase(words: Words, choice: Choice): Set<string> {
  const named = [
    ...words.named.flatMap((name) => byName(name, choice)),
    ...words.groups.flatMap((name) => byGroup(name, choice)),
  ];
  const isEverybody = words.isAll || saysNobody(words);
  return new Set(isEverybody ? choice.agents.map(({ id }) => id) : named);
}

const saysNobody = ({ named, groups, isAll }: Words): boolean => named.length === 0 && groups.length === 0 && !isAll;

async function askWhom({ excluded }: Words, sight: FleetSight, verb: string): Promise<string> {
  if (excluded.length > 0) return `${verb} whom? Taking out needs names before it: all !${plain(excluded[0] ?? "")}.`;
  const { agents } = await observeFleet(sight);
  const sick = sickFirst(agents.filter(({ judgement }) => judgement.health === "critical"));
  if (sick.length === 0) return `${verb} whom? An id, @group, label=value or all. Nothing was done.`;
  const names = sick.map(({ expected, judgement }) => `${expected.id} (${judgement.verdict})`);
  return `${verb} whom? Sick now: ${listed(names)}. Or @group, label=value, all.`;
}

function byName(name: string, { agents, refuse, isChange }: Choice): string[] {
  const ids = agents.map(({ id }) => id);
  if (name.includes("*")) {
    const fitting = ids.filter((id) => fitsPattern(id, name));
    if (fitting.length === 0) throw refuse("unknown_agent", `"${plain(name)}" fits no agent.`);
    return fitting;
  }
  if (ids.includes(name)) return [name];
  const parts = name.length < 2 ? [] : ids.filter((id) => id.includes(name));
  if (!isChange && parts.length === 1) return parts;
  if (parts.length > 1) {
    const fits = `"${plain(name)}" fits ${counted(parts.length, "agent")}. Choose: ${listed(parts, 10)}.`;
    throw refuse("unknown_agent", fits, parts);
  }
  const near = parts.length > 0 ? parts : nearest(name, ids, 0.6);
  const meant = near.length === 0 ? `\`agents\` lists all ${agents.length}.` : `Meant ${oneOf(near)}?`;
  throw refuse("unknown_agent", `"${plain(name)}" is no agent. ${meant}`, near);
}

function byGroup(name: string, { agents, refuse }: Choice): string[] {
  const fitting = agents.filter(({ group }) => group === name).map(({ id }) => id);
  if (fitting.length > 0) return fitting;
  const groups = [...new Set(agents.map(({ group }) => group))];
  throw refuse("unknown_agent", `"@${plain(name)}" is no group. Groups are ${groups.join(", ")}.`, groups);
}

async function narrow(
  chosen: readonly ExpectedAgent[],
  { labels }: Words,
  { sight, agents, refuse }: { sight: FleetSight; agents: readonly ExpectedAgent[]; refuse: Refuse },
): Promise<ExpectedAgent[]> {
  const view = await observeFleet(sight, agents);
  const isLive = labels.some(({ name }) => LABELS[name]?.isLive);
  if (isLive && view.problems.length > 0) {
    throw new Failure("unavailable", `${view.problems.join(", ")}, so nobody knows whom that fits.`);
  }
  const byId = new Map(view.agents.map((seen) => [seen.expected.id, seen]));
  for (const label of labels) checkValues(label, view.agents, refuse);
  return chosen.filter(({ id }) => {
    const seen = byId.get(id);
    return seen !== undefined && labels.every(({ name, values }) => hasValue(seen, name, values));
  });
}

const hasValue = (seen: SeenAgent, name: string, values: readonly string[]): boolean =>
  values.some((value) => LABELS[name]?.of(seen).toLowerCase() === value.toLowerCase());

const WORDS_OF: Readonly<Record<string, readonly string[]>> = {
  health: HEALTHS,
  verdict: VERDICTS.map((verdict) => verdict.replaceAll(" ", "-")),
  activity: ACTIVITIES,
};

/** Nobody may have a health or a verdict just now; any other value that nobody has is a mistake. */
function checkValues({ name, values }: Words["labels"][number], agents: readonly SeenAgent[], refuse: Refuse): void {
  const known = WORDS_OF[name] ?? [...new Set(agents.flatMap((seen) => LABELS[name]?.of(seen) ?? []))];
  const wrong = values.find((value) => !known.some((word) => word.toLowerCase() === value.toLowerCase()));
  if (wrong === undefined) return;
  const message = `No agent has ${name}=${plain(wrong)}. ${name} is one of ${listed(known, 12)}.`;
  throw refuse("invalid_input", message, known);
}
