import type { Chart } from "../domain/chart.ts";
import type { PastAlert } from "../ports/period-records.ts";
import { NEARLY_ALL } from "./figure-words.ts";
import type { Gathered } from "./gather-report.ts";
import { rings } from "./minutes-awake.ts";
import type { ReportKind } from "./report-period.ts";

const TITLES: Readonly<Record<ReportKind, string>> = {
  daily: "The fleet, the last 24 hours",
  weekly: "The fleet, the last 7 days",
  monthly: "The fleet, the last 30 days",
  handover: "The fleet since the last hand-over",
};
const MOST_MARKS = 3;
/** Words of marks that are nearer to each other than this share of the picture lie on each other. */
const APART = 0.2;

/** The picture of a report; null if nothing was measured that could be drawn. */
export function reportChart({ kind, measurement, alerts, period }: Gathered): Chart | null {
  if ("problem" in measurement || measurement.measured.panels.length === 0) return null;
  const { from, to, panels } = measurement.measured;
  const isWhole = to - from > (period.to - period.from) * NEARLY_ALL;
  return {
    title: isWhole ? TITLES[kind] : "The fleet, as far as it was measured",
    from,
    to,
    panels,
    marks: marksOf(alerts.rows, { from, to }),
  };
}

/** When the worst of what rang began. */
function marksOf(alerts: readonly PastAlert[], { from, to }: Pick<Chart, "from" | "to">): Chart["marks"] {
  const rang = alerts.filter(({ criticality, openedAt }) => rings(criticality) && openedAt >= from && openedAt <= to);
  const marks: { at: number; words: string }[] = [];
  for (const { openedAt: at, criticality, agents } of rang.toSorted((one, other) =>
    one.criticality.localeCompare(other.criticality),
  )) {
    const isFree = marks.every((mark) => Math.abs(mark.at - at) > (to - from) * APART);
    if (marks.length < MOST_MARKS && isFree) marks.push({ at, words: [criticality, agents[0]].join(" ").trim() });
  }
  return marks;
}
