import {
  applyFieldOverrides,
  createDataFrame,
  type DataFrame,
  FieldColorModeId,
  type FieldConfig,
  FieldType,
  type GrafanaTheme2,
} from "@grafana/data";
import { askJson } from "../ask.ts";
import { type Choice, fillIn, labelAsked, legendOf, type Panel, type Target } from "./board.ts";

/** From when to when, seconds since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values?: readonly [number, string][];
  readonly value?: [number, string];
}

const SOURCE = "/api/datasources/proxy/uid/prometheus/api/v1";
/** About one point for every other pixel of a panel. */
const POINTS = 240;
/** What a panel's plugin takes where its board names no colour. */
const COLOURS: Readonly<Record<string, FieldColorModeId>> = { timeseries: FieldColorModeId.PaletteClassic };
const LEAST_STEP_SECONDS = 5;
/** As Grafana has it of a data source that is scraped each 15 s. */
const RATE_INTERVAL = "1m";

async function ask<Result>(path: string, query: Readonly<Record<string, string>>): Promise<Result> {
  const answer = (await askJson(`${SOURCE}/${path}?${new URLSearchParams(query)}`)) as {
    status?: string;
    data?: Result;
    error?: string;
    message?: string;
  };
  if (answer.status !== "success" || answer.data === undefined)
    throw new Error(answer.error ?? answer.message ?? "the data source does not answer");
  return answer.data;
}

const filled = (expr: string, choice: Choice): string =>
  fillIn(expr.replaceAll("$__rate_interval", RATE_INTERVAL), choice);

/** Values that a variable may have; none if it asks in a way that this page does not know. */
export async function valuesOf(variable: Parameters<typeof labelAsked>[0], choice: Choice): Promise<string[]> {
  const asked = labelAsked(variable);
  if (asked === null) return [];
  const now = Math.floor(Date.now() / 1000);
  const range = { start: String(now - 3600), end: String(now) };
  return ask<string[]>(`label/${asked.label}/values`, { ...range, "match[]": filled(asked.series, choice) });
}

/** What a panel's queries find, each series a frame whose values know their unit, words, colours and range. */
export async function framesOf(panel: Panel, choice: Choice, { span, theme }: { span: Span; theme: GrafanaTheme2 }) {
  const { links: _links, ...defaults } = panel.fieldConfig?.defaults ?? {};
  const config = { color: { mode: COLOURS[panel.type] ?? FieldColorModeId.Thresholds }, ...defaults };
  const all = await Promise.all(
    (panel.targets ?? []).map(async (target) => {
      const series = await seriesOf(target, choice, span);
      return series.map((one) => frameOf(one, { target, span, config }));
    }),
  );
  return applyFieldOverrides({
    data: all.flat(),
    fieldConfig: { defaults: {}, overrides: [] },
    replaceVariables: (words) => words,
    theme,
  });
}

/** The labels and the newest value of each series. */
export async function rowsOf({ targets = [] }: Panel, choice: Choice): Promise<Series[]> {
  const now = String(Math.floor(Date.now() / 1000));
  const found = await Promise.all(
    targets.map(({ expr }) => ask<{ result: Series[] }>("query", { query: filled(expr, choice), time: now })),
  );
  return found.flatMap(({ result }) => result);
}

const stepOf = ({ from, to }: Span): number => Math.max(LEAST_STEP_SECONDS, Math.ceil((to - from) / POINTS));

async function seriesOf({ expr }: Target, choice: Choice, span: Span): Promise<readonly Series[]> {
  const { from, to } = span;
  const range = { start: String(from), end: String(to), step: String(stepOf(span)) };
  return (await ask<{ result: Series[] }>("query_range", { query: filled(expr, choice), ...range })).result;
}

interface Drawn {
  readonly target: Target;
  readonly span: Span;
  readonly config: FieldConfig;
}

/** With a moment for each step, so that what was not measured is a gap. */
function frameOf({ metric, values = [] }: Series, { target, span, config }: Drawn): DataFrame {
  const known = new Map(values.map(([at, value]) => [Math.round(at), Number(value)]));
  const step = stepOf(span);
  const moments = Array.from({ length: Math.floor((span.to - span.from) / step) + 1 }, (_, i) => span.from + i * step);
  const { __name__: _name, ...labels } = metric;
  return createDataFrame({
    refId: target.refId,
    fields: [
      { name: "Time", type: FieldType.time, values: moments.map((at) => at * 1000) },
      {
        name: "Value",
        type: FieldType.number,
        values: moments.map((at) => finite(known.get(at))),
        config: { ...config, displayName: legendOf(target.legendFormat, labels) },
      },
    ],
  });
}

const finite = (value: number | undefined): number | null =>
  value === undefined || !Number.isFinite(value) ? null : value;
