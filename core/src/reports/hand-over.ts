import { type Report, renderTimes } from "../domain/report.ts";
import { counted, SQUARES } from "../fleet-words.ts";
import { alertLine, isFiring, worstFirst } from "./alert-words.ts";
import { firstOf } from "./first-of.ts";
import type { Gathered } from "./gather-report.ts";
import { AWAKE_MEANS, minutesAwake } from "./minutes-awake.ts";
import { periodWords } from "./summary.ts";
import { isWorkOnAgents, operationWords, restartLines } from "./work-words.ts";

/** What is left to whoever comes. */
export interface LeftOver {
  readonly parked: readonly string[];
  readonly waiting: readonly string[];
}

/** How many lines of each kind, the fullest first: ten together with what restarts came to and what is not known. */
const SIZES = [
  { alerts: 3, work: 2, parked: 3, waiting: 1 },
  { alerts: 2, work: 1, parked: 3, waiting: 1 },
  { alerts: 2, work: 1, parked: 2, waiting: 1 },
  { alerts: 1, work: 1, parked: 2, waiting: 1 },
] as const;
/** A message has 1,200 (ux section 2); the rest of it is headline, context and figures. */
const MOST_CHARACTERS = 880;

/** The words of a hand-over, to be pasted: what rang, who did what, what helped, what is parked, minutes awake. */
export function tellHandover(found: Gathered, left: LeftOver): Pick<Report, "headline" | "context" | "lines"> {
  const { alerts, period, zone } = found;
  const awake = minutesAwake(alerts.rows, period, zone);
  const [smallest = [], ...fuller] = SIZES.map((size) => linesOf(found, left, size)).toReversed();
  return {
    headline: headlineOf(found, left),
    context: [periodWords(found), `*${counted(awake, "minute")} awake*: ${AWAKE_MEANS}`].join(" · "),
    lines: fuller.findLast((lines) => shownLength(lines) <= MOST_CHARACTERS) ?? smallest,
  };
}

const shownLength = (lines: readonly string[]): number => renderTimes(lines.join("\n"), () => "00:00:00 UTC").length;

function linesOf(
  { alerts, operations, restarts, nameOf, measurement }: Gathered,
  { parked, waiting }: LeftOver,
  size: (typeof SIZES)[number],
): string[] {
  const firingFirst = alerts.rows.toSorted(
    (one, other) => Number(isFiring(other)) - Number(isFiring(one)) || worstFirst(one, other),
  );
  const told = firingFirst.map((alert) => alertLine(alert, nameOf));
  const work = operations.rows.filter(isWorkOnAgents).map((operation) => operationWords(operation, nameOf));
  const unknown = "problem" in measurement ? [measurement.problem] : [];
  return [
    ...someOf(told, size.alerts, "Nothing rang"),
    ...someOf(work, size.work, "Nobody changed anything"),
    ...restartLines(restarts),
    ...someOf(parked, size.parked - unknown.length, "Nothing is parked"),
    ...someOf(waiting, size.waiting, "Nothing waits or runs"),
    ...unknown,
  ];
}

const someOf = (lines: readonly string[], most: number, none: string): string[] =>
  lines.length === 0 ? [none] : firstOf(lines, most);

function headlineOf({ alerts }: Gathered, { parked, waiting }: LeftOver): string {
  const firing = alerts.rows.filter(isFiring).toSorted(worstFirst);
  const [worst] = firing;
  const mark = worst === undefined ? "🟢" : SQUARES[worst.criticality];
  const alert =
    firing.length === 0
      ? "nothing fires"
      : `${counted(firing.length, "alert")} ${firing.length === 1 ? "fires" : "fire"}`;
  return `${mark} *Hand-over* — ${alert}, ${parked.length} parked, ${waiting.length} under way or waiting`;
}
