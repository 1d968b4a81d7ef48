import type { Report } from "../domain/report.ts";
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

/** Lines of each kind, ten together: what is left is told last and never left out for what is over. */
const MOST = { alerts: 3, work: 2, parked: 3, waiting: 1 } as const;

/** The words of a hand-over, to be pasted: what rang, who did what, what helped, what is parked, minutes awake. */
export function tellHandover(
  found: Gathered,
  { parked, waiting }: LeftOver,
): Pick<Report, "headline" | "context" | "lines"> {
  const { alerts, operations, restarts, nameOf, period, zone, measurement } = found;
  const unknown = "problem" in measurement ? [measurement.problem] : [];
  const rang = alerts.rows.toSorted(
    (one, other) => Number(isFiring(other)) - Number(isFiring(one)) || worstFirst(one, other),
  );
  const work = operations.rows.filter(isWorkOnAgents);
  const awake = minutesAwake(alerts.rows, period, zone);
  return {
    headline: headlineOf(found, { parked, waiting }),
    context: [periodWords(found), `*${counted(awake, "minute")} awake*: ${AWAKE_MEANS}`].join(" · "),
    lines: [
      ...someOf(
        rang.map((alert) => alertLine(alert, nameOf)),
        MOST.alerts,
        "Nothing rang",
      ),
      ...someOf(
        work.map((operation) => operationWords(operation, nameOf)),
        MOST.work,
        "Nobody changed anything",
      ),
      ...restartLines(restarts),
      ...someOf(parked, MOST.parked - unknown.length, "Nothing is parked"),
      ...someOf(waiting, MOST.waiting, "Nothing waits or runs"),
      ...unknown,
    ],
  };
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
