import type { ApiSeries, ApiThroughput, FigureUnit } from "../../figures-contract.ts";
import type { Course } from "../../ports/figures.ts";
import type { Aged } from "./aged-cache.ts";
import type { Line } from "./client.ts";
import { type Asking, endOf, headOf, readSpans, type Source, type Spans, secondsSince, silent } from "./measured.ts";
import { matching, oncePer, quote, rateOf, totalOf } from "./promql.ts";

/** A measure over time. */
interface Wanted {
  readonly measure: string;
  readonly unit: FigureUnit;
  readonly source: Source;
  readonly query: string;
  /** Label that tells its lines apart. */
  readonly by?: string;
}

export interface CourseReading {
  readonly spans: Spans;
  readonly from: number;
  readonly to: number;
  readonly course: Course;
  readonly lines: readonly (Omit<Wanted, "query"> & { readonly found: readonly Line[] })[];
}

/** Twelve measurements: a single one that is late makes no hole. */
const LEAST_WINDOW_SECONDS = 60;

/** Reads how topics and requests went over time. @throws Failure "unavailable" */
export async function readThroughput(
  asking: Asking,
  at: number,
  { top, ...course }: Course & { readonly top: number },
): Promise<CourseReading> {
  const { fleet, prometheus } = asking;
  const perTopic = (window: number, labels: Record<string, string | readonly string[]> = {}) =>
    oncePer("topic", rateOf(`rollcall_bus_events_total${matching({ fleet, ...labels })}`, window));
  const busiest = await prometheus.instant(`topk(${top}, ${perTopic(course.rangeSeconds)})`, endOf(course, at));
  const topic = busiest.map(({ labels }) => labels.topic ?? "");
  const window = Math.max(LEAST_WINDOW_SECONDS, course.stepSeconds);
  const handledOf = (labels: Record<string, string | readonly string[]>) =>
    oncePer("topic", rateOf(`rollcall_bus_publish_to_handle_seconds_count${matching({ fleet, ...labels })}`, window));
  const failed = rateOf(`rollcall_agent_tasks_failed_total${matching({ fleet })}`, window);
  const bus = { unit: "per second", source: "exporter" } as const;
  return readCourse({ asking, at, course }, [
    { ...bus, measure: "published", query: totalOf(perTopic(window)) },
    { ...bus, measure: "handled", query: totalOf(handledOf({})) },
    { ...bus, measure: "failed", query: totalOf(oncePer("agent", failed)) },
    { ...bus, measure: "published", by: "topic", query: perTopic(window, { topic }) },
    { ...bus, measure: "handled", by: "topic", query: handledOf({ topic }) },
    {
      ...{ measure: "requests", unit: "per second", source: "control" },
      query: totalOf(rateOf("rollcall_http_requests_total", window)),
    },
  ]);
}

/** Reads what control service and exporter use. @throws Failure "unavailable" */
export function readServices(asking: Asking, at: number, course: Course): Promise<CourseReading> {
  const window = Math.max(LEAST_WINDOW_SECONDS, course.stepSeconds);
  const wanted = (["control", "exporter"] as const).flatMap((source): Wanted[] => {
    const prefix = source === "exporter" ? "rollcall_exporter_" : "";
    const job = matching({ job: `rollcall-${source}` });
    const named = (query: string) => `label_replace(${query}, "service", ${quote(source)}, "", "")`;
    return [
      {
        ...{ measure: "cpu", unit: "cores", source, by: "service" },
        query: named(totalOf(rateOf(`${prefix}process_cpu_seconds_total${job}`, window))),
      },
      {
        ...{ measure: "memory", unit: "bytes", source, by: "service" },
        query: named(totalOf(`${prefix}process_resident_memory_bytes${job}`)),
      },
      {
        ...{ measure: "eventLoopDelay", unit: "seconds", source, by: "service" },
        query: named(`max(${prefix}nodejs_eventloop_lag_p99_seconds${job})`),
      },
    ];
  });
  return readCourse({ asking, at, course }, wanted);
}

/** Beginning and end on whole steps, ms, so that a chart that is asked for again moves on and does not shift. */
export function stepsWithin(course: Course, now: number): { readonly from: number; readonly to: number } {
  const stepMs = course.stepSeconds * 1000;
  const to = Math.floor(endOf(course, now) / stepMs) * stepMs;
  return { from: to - Math.floor(course.rangeSeconds / course.stepSeconds) * stepMs, to };
}

async function readCourse(
  { asking, at, course }: { asking: Asking; at: number; course: Course },
  wanted: readonly Wanted[],
): Promise<CourseReading> {
  const { from, to } = stepsWithin(course, at);
  const [spans, ...lines] = await Promise.all([
    readSpans(asking, endOf(course, at), course.rangeSeconds),
    ...wanted.map(async ({ query, ...rest }) => ({
      ...rest,
      found: await asking.prometheus.range(query, { from, to, stepSeconds: course.stepSeconds }),
    })),
  ]);
  return { spans, from, to, course, lines };
}

/** @param now ms, for the ages */
export function showCourse(aged: Aged<CourseReading>, now: number): ApiThroughput {
  const { spans, from, to, course, lines } = aged.value;
  return {
    ...headOf(aged, now, { rangeSeconds: course.rangeSeconds, spans }),
    ...{ stepSeconds: course.stepSeconds, from, to },
    series: lines.flatMap((wanted) =>
      foundOf(wanted).map((line) => showLine({ wanted, line, reading: aged.value }, now)),
    ),
  };
}

type Read = CourseReading["lines"][number];

/** A measure of all together is there also when nothing was measured, and says so. */
const foundOf = ({ found, by }: Read): readonly Line[] =>
  found.length === 0 && by !== "topic" ? [{ labels: {}, points: new Map() }] : found;

interface Shown {
  readonly wanted: Read;
  readonly line: Line;
  readonly reading: CourseReading;
}

function showLine({ wanted, line, reading }: Shown, now: number): ApiSeries {
  const { measure, unit, by, source } = wanted;
  const { labels, points } = line;
  return {
    ...{ measure, unit, of: by === undefined ? null : (labels[by] ?? source) },
    ageSeconds: points.size === 0 ? null : secondsSince(Math.max(...points.keys()), now),
    reason: points.size > 0 ? null : reasonFor(source, reading.spans),
    points: stepsOf(reading).map((at) => [at, points.get(at) ?? null]),
  };
}

const reasonFor = (source: Source, spans: Spans): string =>
  spans[source] === null ? silent(source) : "nothing was measured in these steps";

function stepsOf({ from, to, course }: Pick<CourseReading, "from" | "to" | "course">): number[] {
  const stepMs = course.stepSeconds * 1000;
  return Array.from({ length: Math.round((to - from) / stepMs) + 1 }, (_, index) => from + index * stepMs);
}
