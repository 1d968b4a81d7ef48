import { Failure } from "../../domain/failure.ts";
import type {
  ApiMeasure,
  ApiMeasureCourse,
  MeasureFunction,
  MeasureQuestion,
  MeasureWindow,
} from "../../measure-contract.ts";
import type { Course } from "../../ports/figures.ts";
import type { Aged } from "./aged-cache.ts";
import type { Line, Sample } from "./client.ts";
import { stepsWithin } from "./courses.ts";
import { type Asking, endOf, headOf, readSpans, type Source, type Spans, secondsSince, silent } from "./measured.ts";
import { increaseOf, matching, quantileOf, rateOf } from "./promql.ts";

const WINDOW_SECONDS: Readonly<Record<MeasureWindow, number>> = { "1m": 60, "5m": 300, "1h": 3_600, "1d": 86_400 };
const MOST_VALUES = 100;
const MOST_LINES = 50;

type Kind = "counter" | "gauge" | "histogram";
const FUNCTIONS: Readonly<Record<Kind, readonly MeasureFunction[]>> = {
  counter: ["sum", "rate"],
  gauge: ["avg", "min", "max", "sum"],
  histogram: ["p50", "p95", "p99"],
};
const QUANTILES: Readonly<Partial<Record<MeasureFunction, number>>> = { p50: 0.5, p95: 0.95, p99: 0.99 };

/** Whose metric it is: fleet, bus and agents are measured by the exporter, which may run twice. */
const sourceOf = (name: string): Source =>
  /^rollcall_(agent|fleet|bus|exporter)_/.test(name) ? "exporter" : "control";

/** @throws Failure "invalid_input" if the function does not fit what the name says of the metric */
function kindOf({ name, function: wanted }: MeasureQuestion): Kind {
  const isHistogram = wanted in QUANTILES;
  const kind = name.endsWith("_total") ? "counter" : isHistogram ? "histogram" : "gauge";
  const fits = FUNCTIONS[kind].includes(wanted) && !(isHistogram && /_timestamp_seconds$/.test(name));
  if (fits) return kind;
  throw new Failure("invalid_input", `${wanted} says nothing about ${name}`, {
    found: wanted,
    allowed: kind === "histogram" ? [...FUNCTIONS.gauge] : [...FUNCTIONS[kind]],
    next: "docs/metrics.md says of which type a metric is.",
  });
}

/** The question in PromQL. @throws Failure "invalid_input" */
export function queryOf(question: MeasureQuestion, fleet: string): string {
  const { name, window, function: wanted, by = "", agent } = question;
  const kind = kindOf(question);
  const seconds = WINDOW_SECONDS[window];
  const labels = {
    ...(/^rollcall_(agent|fleet|bus)_/.test(name) ? { fleet } : {}),
    ...(agent === undefined ? {} : { agent }),
  };
  const selector = (suffix = ""): string => `${name}${suffix}${matching(labels)}`;
  // Two exporters measure the same, two control services do not: of the former each series counts once.
  const once = (series: string): string =>
    sourceOf(name) === "exporter" ? `max without (instance, job) (${series})` : series;
  const together = (how: string, series: string): string => `${how} ${by === "" ? "" : `by (${by}) `}(${once(series)})`;
  if (kind === "histogram") return quantileOf(QUANTILES[wanted] ?? 0.5, once(rateOf(selector("_bucket"), seconds)), by);
  if (kind === "counter") return together("sum", (wanted === "rate" ? rateOf : increaseOf)(selector(), seconds));
  const over = wanted === "sum" ? "avg" : wanted;
  return together(wanted, `${over}_over_time(${selector()}[${seconds}s])`);
}

function unitOf({ name, function: wanted }: MeasureQuestion): string {
  const unit = /_(seconds|bytes)(_total)?$/.exec(name)?.[1] ?? "count";
  return wanted === "rate" ? `${unit} per second` : unit;
}

/** What Prometheus said of one window up to now. */
export interface MeasureReading {
  readonly spans: Spans;
  readonly question: MeasureQuestion;
  readonly samples: readonly Sample[];
}

/** @throws Failure "unavailable", "invalid_input" */
export async function readMeasure(asking: Asking, at: number, question: MeasureQuestion): Promise<MeasureReading> {
  const query = queryOf(question, asking.fleet);
  const [spans, samples] = await Promise.all([
    readSpans(asking, at, WINDOW_SECONDS[question.window]),
    asking.prometheus.instant(`topk(${MOST_VALUES}, ${query})`, at),
  ]);
  return { spans, question, samples };
}

/** @param now ms, for the ages */
export function showMeasure(aged: Aged<MeasureReading>, now: number): ApiMeasure {
  const { spans, question, samples } = aged.value;
  const values = samples
    .flatMap(({ labels, value }) => (value === null ? [] : [{ of: splitValue(labels, question), value }]))
    .toSorted((a, b) => b.value - a.value);
  const span = spans[sourceOf(question.name)];
  return {
    ...headOf(aged, now, { rangeSeconds: WINDOW_SECONDS[question.window], spans }),
    ...describe(question, spans, values.length === 0),
    values,
    measuredSecondsAgo: span === null ? null : secondsSince(span.last, now),
  };
}

/** What Prometheus said of a stretch of time. */
export interface MeasureCourseReading extends Omit<MeasureReading, "samples"> {
  readonly course: Course;
  readonly from: number;
  readonly to: number;
  readonly lines: readonly Line[];
}

export interface AskedCourse extends Course {
  readonly question: MeasureQuestion;
}

/** @throws Failure "unavailable", "invalid_input" */
export async function readMeasureCourse(
  asking: Asking,
  at: number,
  { question, ...course }: AskedCourse,
): Promise<MeasureCourseReading> {
  const query = queryOf(question, asking.fleet);
  const { from, to } = stepsWithin(course, at);
  const [spans, lines] = await Promise.all([
    readSpans(asking, endOf(course, at), course.rangeSeconds),
    asking.prometheus.range(query, { from, to, stepSeconds: course.stepSeconds }),
  ]);
  return { spans, question, course, from, to, lines };
}

/** @param now ms, for the ages */
export function showMeasureCourse(aged: Aged<MeasureCourseReading>, now: number): ApiMeasureCourse {
  const { spans, question, course, from, to, lines } = aged.value;
  const stepMs = course.stepSeconds * 1000;
  const moments = Array.from({ length: Math.round((to - from) / stepMs) + 1 }, (_, index) => from + index * stepMs);
  const largest = lines.toSorted((a, b) => newestOf(b) - newestOf(a));
  return {
    ...headOf(aged, now, { rangeSeconds: course.rangeSeconds, spans }),
    ...describe(question, spans, lines.length === 0),
    ...{ stepSeconds: course.stepSeconds, from, to, seriesOmitted: Math.max(0, lines.length - MOST_LINES) },
    series: largest.slice(0, MOST_LINES).map(({ labels, points }) => ({
      of: splitValue(labels, question),
      points: moments.map((moment): [number, number | null] => [moment, points.get(moment) ?? null]),
    })),
  };
}

const newestOf = ({ points }: Line): number => points.get(Math.max(...points.keys())) ?? Number.NEGATIVE_INFINITY;

const splitValue = (labels: Readonly<Record<string, string>>, { by }: MeasureQuestion): string | null =>
  by === undefined ? null : (labels[by] ?? "");

function describe(question: MeasureQuestion, spans: Spans, isEmpty: boolean) {
  const { name, window, function: wanted, by = null } = question;
  const source = sourceOf(name);
  const why = spans[source] === null ? silent(source) : `nothing of the name ${name} was measured in this time`;
  return { name, window, function: wanted, by, unit: unitOf(question), reason: isEmpty ? why : null };
}
