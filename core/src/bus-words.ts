import type { Ports } from "./command.ts";
import { isFailure } from "./domain/failure.ts";
import { timeToken } from "./domain/report.ts";
import { counted } from "./fleet-words.ts";
import type { GroupReading } from "./ports/event-bus.ts";
import {
  compareSubscriptions,
  type Drift,
  declaredBy,
  isBroken,
  lagWords,
  type Subscription,
} from "./subscription-state.ts";

/** Reads all subscriptions and lays them beside what is declared. @throws Failure "unavailable" */
export async function surveyBus({ registry, events }: Pick<Ports, "registry" | "events">): Promise<Drift> {
  const fleet = await registry.expected();
  return compareSubscriptions(fleet, await events.readSubscriptions(fleet.topics));
}

/** Whether it has to be looked at now, or has lost something since it is there. */
export const isTroubled = (one: Subscription): boolean =>
  isBroken(one) || (one.group !== null && lostWords([one.group]).length > 0);

/** A line for each topic that one of the agents declares and does not read; what cannot be asked has no line. */
export async function deafLines(
  ports: Pick<Ports, "registry" | "events">,
  ids: ReadonlySet<string>,
  isShown: (one: Subscription) => boolean = isBroken,
): Promise<string[]> {
  try {
    const fleet = await ports.registry.expected();
    const agents = fleet.agents.filter(({ id }) => ids.has(id));
    const topics = [...new Set(agents.flatMap((agent) => declaredBy(agent, fleet.topics).map(({ topic }) => topic)))];
    const { subscriptions } = compareSubscriptions({ agents, topics }, await ports.events.readSubscriptions(topics));
    return subscriptions.filter(isShown).map(subscriptionLine);
  } catch (error) {
    if (isFailure(error) && error.code === "unavailable") return [];
    throw error;
  }
}

/** "4.2/s", "0.05/s", "quiet" */
export function rateWords(perSecond: number): string {
  if (perSecond === 0) return "quiet";
  return `${perSecond >= 10 ? Math.round(perSecond) : Number(perSecond.toPrecision(2))}/s`;
}

/** "Declared equals actual, 54 of 54", or what differs. */
export function driftWords({ subscriptions, undeclared }: Drift): string {
  const broken = subscriptions.filter(isBroken);
  const live = subscriptions.length - broken.length;
  if (broken.length === 0 && undeclared.length === 0) return `Declared equals actual, ${live} of ${live}`;
  return [
    `${live} of ${subscriptions.length} subscriptions as declared`,
    ...(broken.length > 0 ? [`${broken.length} dead`] : []),
    ...(undeclared.length > 0 ? [`${counted(undeclared.length, "group")} nobody declared`] : []),
  ].join(" · ");
}

const STATES: Readonly<Record<Subscription["state"], string>> = {
  reads: "🟢 reads",
  quiet: "🟢 nothing to read yet",
  behind: "🟡 behind",
  dead: "🔴 dead: entries wait, nobody asks for them",
  "never-read": "🔴 dead: never subscribed",
  off: "⏹ off on purpose",
};

/** "🔴 dead: never subscribed · *billing* reads stock.* · topic stock.reserved" */
export function subscriptionLine({ agent, pattern, topic, state, group }: Subscription): string {
  const by = pattern === topic ? pattern : `${pattern} · topic ${topic}`;
  const oldest = group?.oldestAt == null ? [] : [`oldest since ${timeToken(group.oldestAt)}`];
  const waiting = group === null ? [] : [`${lagWords(group.lag)} waiting`, `${group.pending} in hand`];
  const lost = lostWords(group === null ? [] : [group]);
  return [STATES[state], `*${agent.id}* ${by}`, ...waiting, ...oldest, ...lost].join(" · ");
}

/** "⚠️ 500 lost undelivered, 16 in hand", or nothing. */
export function lostWords(groups: readonly Pick<GroupReading, "lost">[]): string[] {
  const undelivered = groups.reduce((sum, { lost }) => sum + lost.undelivered, 0);
  const inHand = groups.reduce((sum, { lost }) => sum + lost.inHand, 0);
  if (undelivered + inHand === 0) return [];
  const parts = [
    ...(undelivered > 0 ? [`${undelivered} lost undelivered`] : []),
    ...(inHand > 0 ? [`${inHand} cut while in hand`] : []),
  ];
  return [`⚠️ ${parts.join(", ")}`];
}

const RANK: readonly Subscription["state"][] = ["dead", "never-read", "behind", "reads", "quiet", "off"];

/** Dead ones first, then those with the most waiting; unknown counts as much. */
export const deadFirst = (subscriptions: readonly Subscription[]): Subscription[] =>
  subscriptions.toSorted(
    (a, b) =>
      RANK.indexOf(a.state) - RANK.indexOf(b.state) ||
      waitingOf(b) - waitingOf(a) ||
      `${a.agent.id} ${a.topic}`.localeCompare(`${b.agent.id} ${b.topic}`),
  );

const waitingOf = ({ group }: Subscription): number =>
  group === null ? 0 : (group.lag ?? Number.MAX_SAFE_INTEGER) + group.pending;

/** What of a subscription goes into the data of a report. */
export const subscriptionData = ({ agent, pattern, topic, state, group }: Subscription) => ({
  ...{ agent: agent.id, pattern, topic, state },
  ...{ lag: group?.lag ?? null, pending: group?.pending ?? null, consumers: group?.consumers ?? null },
  ...{ oldestAt: group?.oldestAt ?? null, idleMs: group?.idleMs ?? null },
  lost: group?.lost ?? null,
});
