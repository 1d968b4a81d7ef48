import type { Ending } from "../domain/operation.ts";
import { timeToken } from "../domain/report.ts";
import { type BrakeLimits, LEAST_AGENTS, type RestartLimit, type ShareLimit } from "./brake-limits.ts";

/** One agent that was restarted or stopped, or is just being so. Times are ms since the epoch. */
export interface Interruption {
  readonly agent: string;
  readonly command: string;
  readonly at: number;
  /** null while it runs or is being verified: that counts too. */
  readonly ending: Ending | null;
  /** Whether one person, or none, was enough for it. */
  readonly isAlone: boolean;
}

/** What is to be interrupted, and what happened before. */
export interface BudgetQuestion {
  readonly command: string;
  readonly agents: readonly string[];
  /** false: by a schedule or an alert. */
  readonly isPerson: boolean;
  /** Whether one person is enough by all other rules; two may go past the share of the fleet. */
  readonly isAlone: boolean;
  readonly fleetSize: number;
  readonly limits: BrakeLimits;
}

export interface Lately {
  readonly now: number;
  readonly interruptions: readonly Interruption[];
  /** When the last alert of an agent that does not fire any more has ended, by agent. */
  readonly clearedAt: ReadonlyMap<string, number>;
}

/** What stands in the way, and until when. */
export interface Brake {
  readonly rule: "restart-budget" | "flapping" | "fleet-budget";
  /** "restart is locked, 3 in 15 min, none helped (05:13, 05:16, 05:19)"; times as tokens of a report. */
  readonly why: string;
  /** "Opens 05:28 or when the alert clears" */
  readonly opens: string;
  /** ms since the epoch */
  readonly opensAt: number;
  /** Whom it is about. */
  readonly agents: readonly string[];
}

const RESTART = "restart";

/** Whether a brake stands in the way of interrupting these agents now. The first that does is told. */
export function judgeBudget(question: BudgetQuestion, lately: Lately): Brake | null {
  const { command, agents, limits, isPerson, isAlone } = question;
  if (command === RESTART) {
    for (const agent of agents) {
      const brake =
        (isPerson ? null : flapping(agent, limits.automation, lately)) ?? locked(agent, limits.agent, lately);
      if (brake !== null) return brake;
    }
  }
  return isAlone && limits.fleet !== null ? fleetShare(question, limits.fleet, lately) : null;
}

/** Agents whose restart is locked now, and until when; for figures and lists. */
export function lockedAgents(limit: RestartLimit | null, lately: Lately): Brake[] {
  const agents = [...new Set(lately.interruptions.map(({ agent }) => agent))].toSorted();
  return agents.map((agent) => locked(agent, limit, lately)).filter((brake) => brake !== null);
}

/** Three restarts of which none helped: a fourth will not either, until something has changed. */
function locked(agent: string, limit: RestartLimit | null, lately: Lately): Brake | null {
  if (limit === null) return null;
  const restarts = restartsOf(agent, limit, lately);
  const helped = restarts.findLastIndex(({ ending }) => ending === "recovered" || ending === "done");
  const clearedAt = lately.clearedAt.get(agent) ?? Number.NEGATIVE_INFINITY;
  const vain = restarts.slice(helped + 1).filter(({ at }) => at > clearedAt);
  if (vain.length < limit.most) return null;
  const opensAt = opening(vain, limit);
  return {
    rule: "restart-budget",
    why: `restart is locked, ${vain.length} in ${minutes(limit)}, none helped (${timesOf(vain)})`,
    opens: `Opens ${timeToken(opensAt)} or when the alert clears`,
    opensAt,
    agents: [agent],
  };
}

/** What restarts by itself would go on for ever, so it stops even though each restart seems to help. */
function flapping(agent: string, limit: RestartLimit | null, lately: Lately): Brake | null {
  if (limit === null) return null;
  const restarts = restartsOf(agent, limit, lately);
  if (restarts.length < limit.most) return null;
  const opensAt = opening(restarts, limit);
  return {
    rule: "flapping",
    why: `${agent} flaps: ${restarts.length} restarts in ${minutes(limit)} (${timesOf(restarts)}), so nothing restarts it by itself`,
    opens: `Opens ${timeToken(opensAt)}; a person may look and restart it`,
    opensAt,
    agents: [agent],
  };
}

function fleetShare({ command, agents, fleetSize }: BudgetQuestion, limit: ShareLimit, lately: Lately): Brake | null {
  const most = mostAtOnce(limit, fleetSize);
  const since = lately.now - limit.seconds * 1000;
  const touched = new Map<string, number>();
  for (const { agent, at, isAlone } of lately.interruptions)
    if (isAlone && at > since) touched.set(agent, Math.max(at, touched.get(agent) ?? 0));
  const asked = new Set(agents);
  const others = [...touched].filter(([agent]) => !asked.has(agent)).map(([, at]) => at);
  const surplus = others.length + asked.size - most;
  // Who was restarted already is no further part of the fleet; the agent's own budget is for that.
  if (surplus <= 0 || [...asked].every((agent) => touched.has(agent))) return null;
  const opensAt = (others.toSorted((a, b) => a - b)[surplus - 1] ?? lately.now) + limit.seconds * 1000;
  const before = `${touched.size} of ${fleetSize} agents were restarted or stopped in ${minutes(limit)}`;
  return {
    rule: "fleet-budget",
    why: `${command} is locked: ${before}, and more than ${most} (${Math.round(limit.share * 100)} % of the fleet) is no repair of single agents any more`,
    opens: `Opens ${timeToken(opensAt)}`,
    opensAt,
    agents: [...asked],
  };
}

/** Agents that may be interrupted one by one within the window. */
export const mostAtOnce = ({ share }: ShareLimit, fleetSize: number): number =>
  // 0.2 × 15 is a little less than 3 in binary.
  Math.max(LEAST_AGENTS, Math.floor(share * fleetSize + 1e-9));

const restartsOf = (agent: string, { seconds }: RestartLimit, { now, interruptions }: Lately): Interruption[] =>
  interruptions
    .filter((one) => one.agent === agent && one.command === RESTART && one.at > now - seconds * 1000)
    .toSorted((a, b) => a.at - b.at);

/** When so many have fallen out of the window that there is room for one. */
const opening = (restarts: readonly Interruption[], { most, seconds }: RestartLimit): number =>
  (restarts[restarts.length - most]?.at ?? 0) + seconds * 1000;

const minutes = ({ seconds }: { seconds: number }): string =>
  seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;

/** The last few: a message has no room for more. */
const timesOf = (restarts: readonly Interruption[]): string =>
  restarts
    .slice(-5)
    .map(({ at }) => timeToken(at))
    .join(", ");
