import type { ApiFigure, ApiHotSpots, ApiLatency, FigureUnit, Stretch } from "../../figures-contract.ts";
import type { Aged } from "./aged-cache.ts";
import type { Sample } from "./client.ts";
import {
  type Asking,
  endOf,
  figureOf,
  headOf,
  readSpans,
  SOURCES,
  type Source,
  type Spans,
  silent,
} from "./measured.ts";
import { increaseOf, matching, oncePer, quantileOf, rateOf } from "./promql.ts";

const QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;
type Quantile = keyof typeof QUANTILES;
/** Rows of one list; a fleet has more topics than anybody reads. */
const MOST_ROWS = 100;

interface Kind {
  readonly list: "events" | "commands" | "requests";
  readonly by: string;
  readonly source: Source;
  readonly unit: FigureUnit;
  /** Buckets of the histogram by `le` and by the label. */
  readonly buckets: string;
  readonly count: string;
}

function kindsOf(fleet: string, seconds: number): readonly Kind[] {
  const own = matching({ fleet });
  const events = "rollcall_bus_publish_to_handle_seconds";
  const sums = (list: Kind["list"], by: string, metric: string): Kind => ({
    ...{ list, by, source: "control", unit: list === "commands" ? "commands" : "events" },
    buckets: rateOf(`${metric}_bucket`, seconds),
    count: `sum by (${by}) (${increaseOf(`${metric}_count`, seconds)})`,
  });
  return [
    {
      ...{ list: "events", by: "topic", source: "exporter", unit: "events" },
      buckets: oncePer("topic, le", rateOf(`${events}_bucket${own}`, seconds)),
      count: oncePer("topic", increaseOf(`${events}_count${own}`, seconds)),
    },
    sums("commands", "command", "rollcall_command_duration_seconds"),
    sums("requests", "route", "rollcall_http_request_duration_seconds"),
  ];
}

/** Values by name. */
type Ranked = readonly { readonly name: string; readonly value: number | null }[];

export interface LatencyReading {
  readonly spans: Spans;
  readonly stretch: Stretch;
  readonly lists: readonly (Pick<Kind, "list" | "source" | "unit"> & {
    readonly counts: Ranked;
    readonly quantiles: Readonly<Record<Quantile, ReadonlyMap<string, number | null>>>;
  })[];
}

/** Reads percentiles by type. @throws Failure "unavailable" */
export async function readLatency(asking: Asking, now: number, stretch: Stretch): Promise<LatencyReading> {
  const { rangeSeconds: seconds } = stretch;
  const at = endOf(stretch, now);
  const ask = async (query: string, by: string) => named(await asking.prometheus.instant(query, at), by);
  const read = async ({ list, by, source, unit, buckets, count }: Kind) => {
    const [counts, p50, p95, p99] = await Promise.all([
      ask(`topk(${MOST_ROWS}, ${count} > 0)`, by),
      ...Object.values(QUANTILES).map((quantile) => ask(quantileOf(quantile, buckets, by), by)),
    ]);
    const values = (ranked: Ranked = []) => new Map(ranked.map(({ name, value }) => [name, value]));
    return {
      list,
      source,
      unit,
      counts: counts ?? [],
      quantiles: { p50: values(p50), p95: values(p95), p99: values(p99) },
    };
  };
  const [spans, ...lists] = await Promise.all([
    readSpans(asking, at, seconds),
    ...kindsOf(asking.fleet, seconds).map(read),
  ]);
  return { spans, stretch, lists };
}

const named = (samples: readonly Sample[], by: string): Ranked =>
  samples
    .map(({ labels, value }) => ({ name: labels[by] ?? "", value }))
    .toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0));

/** @param now ms, for the ages */
export function showLatency(aged: Aged<LatencyReading>, now: number): ApiLatency {
  const { spans, stretch, lists } = aged.value;
  const moments = { now, to: stretch.to };
  const rowsOf = (wanted: Kind["list"]): ApiLatency["events"] =>
    lists
      .filter(({ list }) => list === wanted)
      .flatMap(({ source, unit, counts, quantiles }) =>
        counts.map(({ name, value }) => {
          const of = (quantile: Quantile): ApiFigure =>
            figureOf({ value: quantiles[quantile].get(name) ?? null, unit: "seconds", source }, spans, moments);
          const count = figureOf({ value: value === null ? null : Math.round(value), unit, source }, spans, moments);
          return { of: name, count, p50: of("p50"), p95: of("p95"), p99: of("p99") };
        }),
      );
  return {
    ...headOf(aged, now, { rangeSeconds: stretch.rangeSeconds, spans }),
    ...{ events: rowsOf("events"), commands: rowsOf("commands"), requests: rowsOf("requests") },
    problems: problemsOf(spans),
  };
}

const problemsOf = (spans: Spans, sources: readonly Source[] = SOURCES): string[] =>
  sources.filter((source) => spans[source] === null).map(silent);

type List = "busiest" | "slowest" | "failing" | "waiting";

export interface HotSpotsReading {
  readonly spans: Spans;
  readonly stretch: Stretch;
  readonly lists: Readonly<Record<List, Ranked>>;
}

const UNITS: Readonly<Record<List, FigureUnit>> = {
  busiest: "per second",
  slowest: "seconds",
  failing: "events",
  waiting: "events",
};

/** Reads what is at the head of each ranking. @throws Failure "unavailable" */
export async function readHotSpots(
  asking: Asking,
  now: number,
  { top, ...stretch }: Stretch & { readonly top: number },
): Promise<HotSpotsReading> {
  const { rangeSeconds: seconds } = stretch;
  const at = endOf(stretch, now);
  const own = matching({ fleet: asking.fleet });
  const buckets = oncePer("topic, le", rateOf(`rollcall_bus_publish_to_handle_seconds_bucket${own}`, seconds));
  const first = async (expression: string, by: string) =>
    named(await asking.prometheus.instant(`topk(${top}, ${expression} > 0)`, at), by);
  const [spans, busiest, slowest, failing, waiting] = await Promise.all([
    readSpans(asking, at, seconds),
    first(oncePer("agent", rateOf(`rollcall_agent_tasks_total${own}`, seconds)), "agent"),
    first(`(${quantileOf(QUANTILES.p95, buckets, "topic")})`, "topic"),
    first(oncePer("agent", increaseOf(`rollcall_agent_tasks_failed_total${own}`, seconds)), "agent"),
    first(`sum by (group) (${oncePer("topic, group", `rollcall_bus_group_lag${own}`)})`, "group"),
  ]);
  return { spans, stretch, lists: { busiest, slowest, failing, waiting } };
}

/** @param now ms, for the ages */
export function showHotSpots(aged: Aged<HotSpotsReading>, now: number): ApiHotSpots {
  const { spans, stretch, lists } = aged.value;
  const moments = { now, to: stretch.to };
  const show = (list: List) =>
    lists[list].map(({ name, value }) => ({
      name,
      figure: figureOf({ value, unit: UNITS[list], source: "exporter" }, spans, moments),
    }));
  return {
    ...headOf(aged, now, { rangeSeconds: stretch.rangeSeconds, spans }),
    ...{ busiest: show("busiest"), slowest: show("slowest"), failing: show("failing"), waiting: show("waiting") },
    problems: problemsOf(spans, ["exporter"]),
  };
}
