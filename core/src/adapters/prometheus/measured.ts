import type { ApiFigure, FigureUnit, Stretch } from "../../figures-contract.ts";
import type { Aged } from "./aged-cache.ts";
import type { Prometheus, Sample } from "./client.ts";
import { matching } from "./promql.ts";

/** Who measured: the exporter, which sees fleet and bus, or the control service, which counts itself. */
export const SOURCES = ["exporter", "control"] as const;
export type Source = (typeof SOURCES)[number];

/** First and last measurement within a range, ms; null: none. */
export interface Span {
  readonly first: number;
  readonly last: number;
}
export type Spans = Readonly<Record<Source, Span | null>>;

export interface Asking {
  readonly prometheus: Prometheus;
  readonly fleet: string;
}

const NAMES: Readonly<Record<Source, string>> = { exporter: "the exporter", control: "the control service" };

/** The moment that a stretch of time ends at, ms. */
export const endOf = ({ to }: Stretch, now: number): number => to ?? now;

/** What a stretch is kept under in a cache. */
export const keyOf = ({ rangeSeconds, to }: Stretch): string => `${rangeSeconds} ${to ?? "now"}`;

/** When each source measured within the range: a value without that would have no age. */
export async function readSpans({ prometheus, fleet }: Asking, at: number, rangeSeconds: number): Promise<Spans> {
  // Each is there whenever its source measures at all, and no longer.
  const always: Record<Source, string> = {
    exporter: `rollcall_fleet_agents_expected${matching({ fleet })}`,
    control: "rollcall_uptime_seconds",
  };
  // The subquery keeps the work the same for a day as for an hour: 240 looks.
  const step = Math.max(5, Math.ceil(rangeSeconds / 240));
  const read = async (source: Source): Promise<Span | null> => {
    const moments = `timestamp(${always[source]})[${rangeSeconds}s:${step}s]`;
    const [first, last] = await Promise.all([
      prometheus.instant(`min(min_over_time(${moments}) or timestamp(${always[source]}))`, at),
      prometheus.instant(`max(timestamp(${always[source]}) or max_over_time(${moments}))`, at),
    ]);
    const [from, to] = [numberIn(first), numberIn(last)];
    return from === null || to === null ? null : { first: from * 1000, last: to * 1000 };
  };
  const [exporter, control] = await Promise.all([read("exporter"), read("control")]);
  return { exporter, control };
}

/** The one number of an answer; null if there is none. */
export const numberIn = (samples: readonly Sample[]): number | null => samples[0]?.value ?? null;

export const coveredBy = (span: Span | null): number | null =>
  span === null ? null : Math.round((span.last - span.first) / 1000);

/** What is common to all answers. */
export function headOf({ at, problem }: Aged<unknown>, now: number, about: { rangeSeconds: number; spans: Spans }) {
  return {
    asOf: at,
    ageSeconds: secondsSince(at, now),
    problem,
    rangeSeconds: about.rangeSeconds,
    coveredSeconds: { exporter: coveredBy(about.spans.exporter), control: coveredBy(about.spans.control) },
  };
}

/** Never negative: Prometheus may run by another clock. */
export const secondsSince = (at: number, now: number): number => Math.max(0, Math.round((now - at) / 100) / 10);

/** A number, and who measured it. */
export interface Found {
  readonly value: number | null;
  readonly unit: FigureUnit;
  readonly source: Source;
  /** Why there is no value though its source measures. */
  readonly reason?: string;
}

/** When it is told, and up to when was looked (null: now), ms. */
export interface Moments {
  readonly now: number;
  readonly to: number | null;
}

/** @returns the number with its age; without a source that measures there is none */
export function figureOf({ value, unit, source, reason }: Found, spans: Spans, { now, to }: Moments): ApiFigure {
  const span = spans[source];
  if (span === null) return { value: null, unit, ageSeconds: null, reason: silent(source) };
  const ageSeconds = secondsSince(span.last, now);
  if (value !== null) return { value, unit, ageSeconds, reason: null };
  const late = to === null ? `${ageSeconds} s ago` : `${secondsSince(span.last, to)} s before the end of this time`;
  const isLate = secondsSince(span.last, to ?? now) > LATE_SECONDS;
  const silence = `not measured any more: ${NAMES[source]} was last read ${late}`;
  return { value, unit, ageSeconds, reason: isLate ? silence : (reason ?? "nothing to measure in this time") };
}

/** Six measurements missed: it has stopped, whatever there is to measure. */
const LATE_SECONDS = 30;

/** Why nothing of this source is known. */
export const silent = (source: Source): string => `not measured in this time: ${NAMES[source]} was not read`;
