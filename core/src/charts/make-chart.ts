import type { Ports } from "../command.ts";
import type { Chart, ChartLine } from "../domain/chart.ts";
import { Failure } from "../domain/failure.ts";
import type { ApiMeasureCourse, MeasureQuestion } from "../measure-contract.ts";
import type { Figures } from "../ports/figures.ts";
import { selectAgents } from "../selector.ts";
import { spanMillis } from "../time-span.ts";
import { type MetricName, NAMED_METRICS, type NamedMetric } from "./named-metrics.ts";

/** More lines cannot be told apart on a phone. */
const MOST_CHART_LINES = 8;
export const LONGEST_CHART = "31d";
/** Points of one line; a phone has no more. */
const POINTS = 240;
/** Prometheus measures every 5 s. */
const LEAST_STEP_SECONDS = 5;

/** What is to be drawn. */
export interface ChartWish {
  readonly metric: MetricName;
  /** WHO; none: those with the largest values. */
  readonly who: readonly string[];
  /** How far back: 6h. */
  readonly span: string;
}

/** The picture, and what is said about it. */
export interface MadeChart {
  /** Null: nothing was measured. */
  readonly chart: Chart | null;
  readonly title: string;
  /** How many lines there would be beyond those that are drawn. */
  readonly omitted: number;
  readonly reason: string | null;
}

/** @throws Failure "unavailable" without Prometheus, "unknown_agent", "invalid_input", "too_many_requests" */
export async function makeChart(
  { metric, who, span }: ChartWish,
  ports: Pick<Ports, "registry" | "bus" | "supervisor" | "clock" | "figures">,
): Promise<MadeChart> {
  const { figures } = ports;
  if (figures === undefined)
    throw new Failure("unavailable", "nothing is measured here", { next: "Set PROMETHEUS_URL." });
  const named: NamedMetric = NAMED_METRICS[metric];
  if (named.by === "topic" && who.length > 0)
    throw new Failure("invalid_input", `${metric} is of topics, not of agents`, {
      found: who.join(" "),
      allowed: [`chart ${metric}`, ...agentMetrics().map((name) => `chart ${name} ${who.join(" ")}`)],
    });
  const rangeSeconds = spanMillis(span, LONGEST_CHART) / 1000;
  const agents = who.length === 0 ? null : await selectAgents(who, ports, { verb: "Draw", isChange: false });
  const courses = await readCourses(figures, { named, agents: agents?.map(({ id }) => id) ?? null, rangeSeconds });
  return show({ named, span }, courses);
}

const agentMetrics = (): string[] =>
  Object.entries(NAMED_METRICS).flatMap(([name, { by }]) => (by === "agent" ? [name] : []));

interface Asked {
  readonly named: NamedMetric;
  /** Null: all. */
  readonly agents: readonly string[] | null;
  readonly rangeSeconds: number;
}

/** Few agents are asked for one by one: among thousands they need not be those with the largest values. */
async function readCourses(figures: Figures, { named, agents, rangeSeconds }: Asked): Promise<ApiMeasureCourse[]> {
  const stepSeconds = Math.max(LEAST_STEP_SECONDS, Math.ceil(rangeSeconds / POINTS));
  const question: MeasureQuestion = {
    ...{ name: named.metric, function: named.function, by: named.by },
    window: stepSeconds > 300 ? "1h" : stepSeconds > 60 ? "5m" : "1m",
  };
  const course = { to: null, rangeSeconds, stepSeconds };
  const ofAgents = agents !== null && agents.length <= MOST_CHART_LINES ? agents : null;
  if (ofAgents !== null) {
    const asked = ofAgents.map((agent) => figures.measureCourse({ ...course, question: { ...question, agent } }));
    return await Promise.all(asked);
  }
  const all = await figures.measureCourse({ ...course, question });
  const wanted = agents === null ? null : new Set(agents);
  return [{ ...all, series: all.series.filter(({ of }) => wanted === null || wanted.has(of ?? "")) }];
}

function show({ named, span }: { named: NamedMetric; span: string }, courses: readonly ApiMeasureCourse[]): MadeChart {
  const title = `${named.title}, the last ${span}`;
  const lines = courses
    .flatMap(({ series }) => series)
    .map(({ of, points }): ChartLine => ({ name: of ?? named.title, points }))
    .filter(({ points }) => points.some(([, value]) => value !== null))
    .toSorted((one, other) => highest(other) - highest(one));
  const [first] = courses;
  const omitted = Math.max(0, lines.length - MOST_CHART_LINES) + (first?.seriesOmitted ?? 0);
  const reason = courses.find((course) => course.reason !== null)?.reason ?? "nothing was measured in this time";
  if (first === undefined || lines.length === 0) return { chart: null, title, omitted, reason };
  const panel = { title: named.title, unit: named.unit, lines: lines.slice(0, MOST_CHART_LINES), thresholds: [] };
  return { chart: { title, from: first.from, to: first.to, marks: [], panels: [panel] }, title, omitted, reason: null };
}

const highest = ({ points }: ChartLine): number =>
  points.reduce((most, [, value]) => Math.max(most, value ?? Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY);
