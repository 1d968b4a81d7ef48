import { timeToken } from "../domain/report.ts";
import { listed, plain, SQUARES } from "../fleet-words.ts";
import type { PastAlert } from "../ports/period-records.ts";
import { wholeDuration } from "../whole-duration.ts";
import { median } from "./median.ts";
import { rings } from "./minutes-awake.ts";

/** Name of whoever acted, as it is now. */
export type NameOf = (by: { readonly id: string; readonly name: string }) => string;

export const isFiring = ({ resolvedAt }: Pick<PastAlert, "resolvedAt">): boolean => resolvedAt === null;

const whatOf = ({ criticality, alertname }: PastAlert): string =>
  `${SQUARES[criticality]} ${criticality} *${plain(alertname, 60)}*`;
function agentsOf(alerts: readonly PastAlert[]): string {
  const names = [...new Set(alerts.flatMap(({ agents }) => agents))].map((agent) => plain(agent, 63));
  return listed(names, names.length > 2 ? 1 : 2);
}

/** Worst first, and of the same severity what still fires. */
export const worstFirst = (one: PastAlert, other: PastAlert): number =>
  one.criticality.localeCompare(other.criticality) ||
  Number(isFiring(other)) - Number(isFiring(one)) ||
  other.openedAt - one.openedAt;

/** One line for each severity and name, worst first: "🟧 P1 *AgentGone* 3 times: billing · taken after 24 s · over after 2 min". */
export function alertLines(alerts: readonly PastAlert[], nameOf: NameOf): string[] {
  const groups = Map.groupBy(
    alerts.toSorted(worstFirst),
    ({ criticality, alertname }) => `${criticality} ${alertname}`,
  );
  return [...groups.values()].map((group) => groupLine(group as [PastAlert, ...PastAlert[]], nameOf));
}

function groupLine(group: readonly [PastAlert, ...PastAlert[]], nameOf: NameOf): string {
  const [first] = group;
  const times = group.length === 1 ? "once" : `${group.length} times`;
  const firing = group.filter(isFiring);
  const parts = [
    `${whatOf(first)} ${[times, agentsOf(group)].filter((part) => part !== "").join(": ")}`,
    takenWords(group),
    overWords(group),
    ...firing.slice(0, 1).map((alert) => firingWords(alert, nameOf)),
    ...(firing.length > 1 ? [`${firing.length - 1} more fire`] : []),
  ];
  return parts.filter((part) => part !== null).join(" · ");
}

/** "taken after 24 s", "2 taken, after 24 s"; what rings and nobody took is said, the rest needs no taking. */
function takenWords(group: readonly [PastAlert, ...PastAlert[]]): string | null {
  const seconds = group.flatMap(({ acknowledgedAt, openedAt }) =>
    acknowledgedAt === null ? [] : [(acknowledgedAt - openedAt) / 1000],
  );
  const middle = median(seconds);
  if (middle === null) return rings(group[0].criticality) ? "nobody took it" : null;
  const how = `after ${wholeDuration(middle)}`;
  return seconds.length === group.length ? `taken ${how}` : `${seconds.length} taken, ${how}`;
}

function overWords(group: readonly PastAlert[]): string | null {
  const middle = median(
    group.flatMap(({ resolvedAt, openedAt }) => (resolvedAt === null ? [] : [(resolvedAt - openedAt) / 1000])),
  );
  return middle === null ? null : `over after ${wholeDuration(middle)}`;
}

function firingWords({ id, openedAt, acknowledgedBy }: PastAlert, nameOf: NameOf): string {
  const who = acknowledgedBy === null ? "nobody has it" : `👀 ${nameOf(acknowledgedBy)} has it`;
  return `${id} fires since ${timeToken(openedAt)}, ${who}`;
}

/** One alert with its times, to be pasted: "🟧 P1 *AgentGone* billing · 03:07:44 for 41 s · taken by Olga after 19 s". */
export function alertLine(alert: PastAlert, nameOf: NameOf): string {
  const { openedAt, resolvedAt, acknowledgedBy, acknowledgedAt, criticality } = alert;
  const what = `${whatOf(alert)} ${agentsOf([alert])}`.trim();
  if (resolvedAt === null) return `${what} · ${firingWords(alert, nameOf)}`;
  const took = `${timeToken(openedAt)} for ${wholeDuration((resolvedAt - openedAt) / 1000)}`;
  if (acknowledgedBy === null || acknowledgedAt === null)
    return [what, took, ...(rings(criticality) ? ["nobody took it"] : [])].join(" · ");
  const after = wholeDuration((acknowledgedAt - openedAt) / 1000);
  return `${what} · ${took} · taken by ${nameOf(acknowledgedBy)} after ${after}`;
}
