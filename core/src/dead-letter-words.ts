import type { Ports } from "./command.ts";
import { Failure } from "./domain/failure.ts";
import { timeToken } from "./domain/report.ts";
import { listed, plain } from "./fleet-words.ts";
import type { DeadLetter, DeadLetters } from "./ports/event-bus.ts";
import { type ExpectedAgent, matchTopics } from "./protocol.ts";
import { selectAgents } from "./selector.ts";

/** Letters that were put aside by one agent on one topic for one reason. */
export interface Pile {
  readonly agent: string;
  readonly topic: string;
  readonly reason: string;
  /** Newest first. */
  readonly letters: readonly DeadLetter[];
}

/** Dead letters by agent, topic and reason, the highest pile first. */
export function pilesOf(letters: readonly DeadLetter[]): Pile[] {
  const groups = Map.groupBy(letters, ({ agent, topic, reason }) => JSON.stringify([agent, topic, reason]));
  return [...groups.values()]
    .flatMap((same) => (same[0] === undefined ? [] : [{ ...same[0], letters: same }]))
    .map(({ agent, topic, reason, letters: same }) => ({ agent, topic, reason, letters: same }))
    .toSorted((a, b) => b.letters.length - a.letters.length || a.agent.localeCompare(b.agent));
}

/** "*25* billing · payments.captured · "vat_id is null" · newest 1795142452000-0, 02:40:52" */
export function pileLine({ agent, topic, reason, letters }: Pile): string {
  const newest = letters[0];
  const told = newest === undefined ? "" : ` · newest ${newest.id}, ${timeToken(Number.parseInt(newest.id, 10))}`;
  return `*${letters.length}* ${agent} · ${topic} · "${plain(reason, 120)}"${told}`;
}

/** Letters of the agents, on the topics that they read. @throws Failure "unavailable" */
export async function lettersOf(
  { registry, events }: Pick<Ports, "registry" | "events">,
  agents: readonly ExpectedAgent[],
): Promise<DeadLetters> {
  const { topics } = await registry.expected();
  const ids = new Set(agents.map(({ id }) => id));
  const read = new Set(agents.flatMap(({ consumes }) => consumes.flatMap((pattern) => matchTopics(pattern, topics))));
  const { letters, total } = await events.readDeadLetters([...read]);
  return { letters: letters.filter(({ agent }) => ids.has(agent)), total };
}

/** Which letters a change is about. */
export interface LetterOrder {
  readonly who: readonly string[];
  /** Ids; none means all. */
  readonly messages: readonly string[];
  /** "Replay" */
  readonly verb: string;
}

/**
 * The agents whose letters are meant.
 * @throws Failure "not_found" if there is no such letter, and what `selectAgents` throws
 */
export async function agentsWithLetters({ who, messages, verb }: LetterOrder, ports: Ports): Promise<ExpectedAgent[]> {
  const agents = await selectAgents(who, ports, { verb, isChange: true });
  const { letters } = await lettersOf(ports, agents);
  const known = new Set(letters.map(({ id }) => id));
  const missing = messages.filter((id) => !known.has(id));
  if (missing.length > 0) {
    const newest = [...known].slice(0, 3);
    const hint = newest.length === 0 ? "" : ` The newest are ${listed(newest)}.`;
    const text = `${listed(missing, 3)} is no dead letter of ${namesOf(agents)}.${hint} Nothing was done.`;
    throw new Failure("not_found", text, { found: missing[0] ?? "", allowed: newest });
  }
  const wanted = new Set(chooseLetters(letters, messages).map(({ agent }) => agent));
  if (wanted.size === 0)
    throw new Failure("not_found", `No dead letter waits of ${namesOf(agents)}. Nothing was done.`);
  return agents.filter(({ id }) => wanted.has(id));
}

const namesOf = (agents: readonly ExpectedAgent[]): string =>
  listed(
    agents.map(({ id }) => id),
    3,
  );

/** Those with the ids, or all if none are given. */
export const chooseLetters = (letters: readonly DeadLetter[], ids: readonly string[]): readonly DeadLetter[] =>
  ids.length === 0 ? letters : letters.filter(({ id }) => ids.includes(id));
