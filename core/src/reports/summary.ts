import type { Report } from "../domain/report.ts";
import { counted, SQUARES } from "../fleet-words.ts";
import { alertLines, isFiring, worstFirst } from "./alert-words.ts";
import { figureLines } from "./figure-words.ts";
import { firstOf } from "./first-of.ts";
import type { Gathered } from "./gather-report.ts";
import { dateWords, type ReportKind } from "./report-period.ts";
import { workLines } from "./work-words.ts";

const IN_THE_LAST: Readonly<Record<Exclude<ReportKind, "handover">, string>> = {
  ...{ daily: "24 hours", weekly: "7 days", monthly: "30 days" },
};
/** Names of alerts that are told one by one; a list shows ten lines, and others stand below. */
const MOST_NAMES = 3;

/** The words of a day, a week or a month. */
export function tellSummary(
  found: Gathered,
  kind: keyof typeof IN_THE_LAST,
): Pick<Report, "headline" | "context" | "lines"> {
  const { alerts, alertsBefore, nameOf } = found;
  const names = alertLines(alerts.rows, nameOf);
  const measured = figureLines(found.measurement, (found.period.to - found.period.from) / 1000);
  return {
    headline: headlineOf(found, IN_THE_LAST[kind]),
    context: [periodWords(found), `${counted(alertsBefore, "alert")} in the ${IN_THE_LAST[kind]} before`].join(" · "),
    lines: [...firstOf(names, MOST_NAMES), ...workLines(found), ...measured],
  };
}

/** "Sat 28 Nov 19:20 to Sun 29 Nov 19:20, UTC" */
export const periodWords = ({ period: { from, to }, zone }: Pick<Gathered, "period" | "zone">): string =>
  `${dateWords(from, zone)} to ${dateWords(to, zone)}, ${zone}`;

function headlineOf({ alerts: { rows, total } }: Gathered, length: string): string {
  if (total === 0) return `🟢 *No alert in the last ${length}*`;
  const firing = rows.filter(isFiring).toSorted(worstFirst);
  const [worst] = firing;
  const what = `*${counted(total, "alert")} in the last ${length}*`;
  if (worst === undefined) return `✅ ${what} — all over`;
  return `${SQUARES[worst.criticality]} ${what} — ${firing.length} still ${firing.length === 1 ? "fires" : "fire"}`;
}
