import type { PeriodFigures } from "../domain/period-figures.ts";
import type { Report } from "../domain/report.ts";
import { plain } from "../fleet-words.ts";
import { wholeDuration } from "../whole-duration.ts";
import type { Measurement } from "./measure-period.ts";

const NOT_MEASURED = "not measured";

/** What is little is not none, and what is nearly all is not all: 0.003 %, 99.99 %. */
function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return `${Number(value.toPrecision(1))} %`;
  return `${value > 90 ? Math.floor(value * 100 + 1e-6) / 100 : Number(value.toFixed(1))} %`;
}

const whole = (count: number): string => new Intl.NumberFormat("en").format(Math.round(count));
const milliseconds = (seconds: number): string =>
  seconds < 1 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : `${seconds.toFixed(1)} s`;

/** Four values, each with what it was in as long a time before. */
export function figureFields(measurement: Measurement): Report["fields"] {
  if ("problem" in measurement) return [];
  const { figures, before } = measurement.measured;
  const field = (name: string, of: (figures: PeriodFigures) => string | null) => {
    const earlier = of(before);
    return { name, value: `${of(figures) ?? NOT_MEASURED}${earlier === null ? "" : `, before ${earlier}`}` };
  };
  return [
    field("At work", ({ working }) => (working === null ? null : percent(working))),
    field("Events handled", ({ handled }) => (handled === null ? null : whole(handled))),
    field("Failed", (one) => wordsOf(failedShare(one), percent)),
    field("95 of 100 within", ({ p95Seconds }) => wordsOf(p95Seconds, milliseconds)),
  ];
}

const wordsOf = (value: number | null, show: (value: number) => string): string | null =>
  value === null ? null : show(value);

function failedShare({ handled, failed }: PeriodFigures): number | null {
  if (handled === null || failed === null || handled + failed === 0) return null;
  return failed / (handled + failed);
}

/** Less of a period than this is not the whole of it. */
export const NEARLY_ALL = 0.95;

/** Who was not always at work, what was put aside, and what of all this is not known. */
export function figureLines(measurement: Measurement, seconds: number): string[] {
  if ("problem" in measurement) return [measurement.problem];
  const { coveredSeconds, lowest, deadLetters } = measurement.measured.figures;
  if (coveredSeconds === null)
    return ["❔ Agents and events were not measured: the exporter was not read in this time"];
  const least = lowest.map(({ agent, working }) => `${plain(agent, 63)} ${percent(working)}`).join(", ");
  const part = `${wholeDuration(coveredSeconds)} of ${wholeDuration(seconds)}`;
  return [
    ...(least === "" ? [] : [`*Least at work* ${least}`]),
    ...(deadLetters === null || Math.round(deadLetters) === 0 ? [] : [`*Dead letters* ${whole(deadLetters)}`]),
    ...(coveredSeconds < seconds * NEARLY_ALL ? [`Agents and events were measured for ${part}`] : []),
  ];
}
