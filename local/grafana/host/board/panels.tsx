import {
  type DataFrame,
  type DisplayValue,
  dateTime,
  type Field,
  getDisplayProcessor,
  VizOrientation,
} from "@grafana/data";
import { BarGaugeDisplayMode, LegendDisplayMode } from "@grafana/schema";
import {
  BarGauge,
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  InteractiveTable,
  TimeSeries,
  useTheme2,
} from "@grafana/ui";
import { type ReactElement, useMemo } from "react";
import type { Panel } from "./board.ts";
import type { rowsOf, Span } from "./prometheus.ts";

/** What a panel is drawn from. */
export interface Drawing {
  readonly panel: Panel;
  readonly frames: readonly DataFrame[];
  readonly span: Span;
  readonly width: number;
  readonly height: number;
}

const valueField = (frame: DataFrame): Field => frame.fields[1] as Field;
const newest = ({ values }: Field): number | null => values.findLast((value) => value !== null) ?? null;
const NOT_MEASURED = "not measured";

/** Numbers beside each other, each with its course behind it. */
export function StatPanel({ panel, frames, width, height }: Drawing): ReactElement {
  const theme = useTheme2();
  const count = Math.max(1, frames.length);
  const colorMode = panel.options?.colorMode === "value" ? BigValueColorMode.Value : BigValueColorMode.None;
  if (frames.length === 0) return <Nothing panel={panel} />;
  return (
    <div style={{ display: "flex" }}>
      {frames.map((frame) => {
        const field = valueField(frame);
        const value = newest(field);
        return (
          <BigValue
            key={field.config.displayName}
            theme={theme}
            width={Math.floor(width / count)}
            height={height}
            value={shownOf(field, value)}
            colorMode={colorMode}
            graphMode={BigValueGraphMode.Area}
            justifyMode={BigValueJustifyMode.Auto}
            textMode={count > 1 ? BigValueTextMode.ValueAndName : BigValueTextMode.Value}
            sparkline={{ y: field, x: frame.fields[0] as Field }}
          />
        );
      })}
    </div>
  );
}

/** Shorter ones cannot be read; what does not fit is scrolled to. */
const LEAST_BAR = 20;
const MOST_BAR = 40;

/** The longest bar first. */
export function BarGaugePanel({ panel, frames, width, height }: Drawing): ReactElement {
  const theme = useTheme2();
  const bars = frames
    .map((frame) => ({ field: valueField(frame), value: newest(valueField(frame)) }))
    .flatMap(({ field, value }) => (value === null ? [] : [{ field, value, shown: shownOf(field, value) }]))
    .toSorted((one, other) => other.value - one.value);
  if (bars.length === 0) return <Nothing panel={panel} />;
  const bar = Math.max(LEAST_BAR, Math.min(MOST_BAR, Math.floor(height / bars.length)));
  const longest = (words: readonly string[]): string => words.toSorted((a, b) => b.length - a.length)[0] ?? "";
  const text = longest(bars.map(({ shown }) => shown.text));
  return (
    <div style={{ height, overflowY: "auto" }}>
      {bars.map(({ field, shown }) => (
        <BarGauge
          key={field.config.displayName}
          theme={theme}
          width={width}
          height={bar}
          itemSpacing={4}
          text={{ titleSize: 12, valueSize: 13 }}
          field={{ ...field.config, min: field.state?.range?.min ?? 0, max: field.state?.range?.max ?? 1 }}
          {...(field.display === undefined ? {} : { display: field.display })}
          value={shown}
          alignmentFactors={{ ...shown, text, title: longest(bars.map((one) => one.shown.title ?? "")) }}
          orientation={VizOrientation.Horizontal}
          displayMode={BarGaugeDisplayMode.Gradient}
        />
      ))}
    </div>
  );
}

const shownOf = (field: Field, value: number | null): DisplayValue => ({
  ...((value === null ? undefined : field.display?.(value)) ?? { text: NOT_MEASURED, numeric: Number.NaN }),
  title: field.config.displayName ?? "",
});

/** Values over time, with the newest of each line in the legend's order. */
export function TimeSeriesPanel({ panel, frames, span, width, height }: Drawing): ReactElement {
  const range = useMemo(() => {
    const [from, to] = [dateTime(span.from * 1000), dateTime(span.to * 1000)];
    return { from, to, raw: { from, to } };
  }, [span]);
  if (frames.length === 0) return <Nothing panel={panel} />;
  return (
    <TimeSeries
      frames={[...frames]}
      width={width}
      height={height}
      timeRange={range}
      timeZone="browser"
      legend={{ showLegend: true, displayMode: LegendDisplayMode.List, placement: "bottom", calcs: [] }}
    />
  );
}

/** Columns of a query's own that tell nobody anything. */
const HIDDEN = new Set(["__name__"]);

/** One row for each series. */
export function TablePanel({
  panel,
  found,
}: {
  panel: Panel;
  found: Awaited<ReturnType<typeof rowsOf>>;
}): ReactElement {
  const theme = useTheme2();
  const hidden = useMemo(() => new Set([...HIDDEN, ...excludedBy(panel)]), [panel]);
  const { columns, data } = useMemo(() => {
    const names = [...new Set(found.flatMap(({ metric }) => Object.keys(metric)))].filter((name) => !hidden.has(name));
    const config = panel.fieldConfig?.defaults ?? {};
    const display = getDisplayProcessor({ field: { type: "number" as never, config }, theme });
    const textOf = (value: string | undefined): string => {
      const { prefix = "", text, suffix = "" } = display(Number(value));
      return `${prefix}${text}${suffix}`;
    };
    return {
      columns: [...names, ...(hidden.has("Value") ? [] : ["Value"])].map((id) => ({
        id,
        header: id,
        sortType: "string" as const,
      })),
      data: found.map(({ metric, value }, index) => ({ ...metric, Value: textOf(value?.[1]), row: String(index) })),
    };
  }, [found, hidden, panel, theme]);
  if (found.length === 0) return <Nothing panel={panel} />;
  return (
    <div className="host-board-table">
      <InteractiveTable columns={columns} data={data} getRowId={({ row }) => row} />
    </div>
  );
}

const excludedBy = ({ transformations = [] }: Panel): string[] =>
  transformations.flatMap(({ id, options }) => (id === "organize" ? Object.keys(options.excludeByName ?? {}) : []));

/** As Grafana writes it where a query finds nothing. */
const Nothing = ({ panel }: { readonly panel: Panel }): ReactElement => (
  <p data-testid="not-measured">{panel.fieldConfig?.defaults.noValue ?? NOT_MEASURED}</p>
);
