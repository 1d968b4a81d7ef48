import type { ChartUnit } from "../domain/chart.ts";

/** Values from the lowest to the highest line of the grid, and where those lines are. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

const RUNGS: Axis = { low: 0, high: 5, ticks: [0, 1, 2, 3, 4, 5] };
const STEPS_AT_MOST = 4;
/** What a step may be, times a power of ten (or of 1,024 for bytes): numbers that are easy to read. */
const ROUND_STEPS = [1, 2, 5, 10];
const ROUND_BYTES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
/** Of time, in seconds: whoever waits for minutes thinks in minutes. */
const ROUND_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

/** An axis that starts at 0, or below where values are, and holds them all. */
export function axisOf(unit: ChartUnit, values: readonly number[]): Axis {
  if (unit === "rung") return RUNGS;
  const [least, most] = values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [0, 0]);
  const span = most - least;
  const step = stepFor(unit, (span === 0 ? 1 : span) / STEPS_AT_MOST);
  const low = Math.floor(least / step) * step;
  const count = Math.max(1, Math.ceil((most - low) / step - 1e-9));
  return { low, high: low + count * step, ticks: Array.from({ length: count + 1 }, (_, index) => low + index * step) };
}

/** The smallest round step that is not smaller than this. */
function stepFor(unit: ChartUnit, least: number): number {
  if (unit === "seconds" && least > 1) {
    const known = ROUND_SECONDS.find((step) => step >= least);
    return known ?? Math.ceil(least / 86_400) * 86_400;
  }
  if (unit === "bytes") {
    const power = 1024 ** Math.max(0, Math.floor(Math.log(least) / Math.log(1024)));
    return power * (ROUND_BYTES.find((round) => round * power >= least) ?? 1024);
  }
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * (ROUND_STEPS.find((round) => round * power >= least * (1 - 1e-9)) ?? 10);
  return unit === "count" ? Math.max(1, step) : step;
}

const PREFIXES = ["", "k", "M", "G", "T"];

/** A value as it is written beside the grid: "64 MB", "2 min", "1.4 %", "120". */
export function valueWords(unit: ChartUnit, value: number): string {
  switch (unit) {
    case "bytes":
      return `${scaled(value, 1024)}B`;
    case "ratio":
      return `${rounded(value * 100)} %`;
    case "per second":
      return `${scaled(value, 1000).trimEnd()}/s`;
    case "seconds":
      return secondsWords(value);
    default:
      return scaled(value, 1000).trimEnd();
  }
}

function scaled(value: number, base: number): string {
  const size = Math.abs(value);
  const power = size < base ? 0 : Math.min(PREFIXES.length - 1, Math.floor(Math.log(size) / Math.log(base) + 1e-9));
  return `${rounded(value / base ** power)} ${PREFIXES[power]}`;
}

function secondsWords(value: number): string {
  const size = Math.abs(value);
  if (size >= 7200) return `${rounded(value / 3600)} h`;
  if (size >= 120) return `${rounded(value / 60)} min`;
  return size > 0 && size < 1 ? `${rounded(value * 1000)} ms` : `${rounded(value)} s`;
}

/** Three digits say enough on a picture. */
const rounded = (value: number): string => `${Number(value.toPrecision(Math.abs(value) >= 100 ? 4 : 3))}`;

const TIME_STEPS_MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440];

/** Moments on whole steps of UTC, some five of them, in ms. */
export function timeTicks(from: number, to: number): number[] {
  const minutes = (to - from) / 60_000;
  const step =
    60_000 * (TIME_STEPS_MINUTES.find((each) => minutes / each <= 6) ?? Math.ceil(minutes / 6 / 1440) * 1440);
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, index) => first + index * step);
}

/** "02:40", or "28 Nov" where there is at most one a day, of UTC. @param ticks moments that are written side by side, in ms */
export function tickWords(at: number, [first = 0, second = 0]: readonly number[]): string {
  if (second - first < 86_400_000) return new Date(at).toISOString().slice(11, 16);
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" }).format(at);
}
