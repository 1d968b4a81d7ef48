import { css } from "@emotion/css";
import type { GrafanaTheme2, TimeRange, TimeZone } from "@grafana/data";
import { AxisPlacement, BarAlignment, GraphDrawStyle, ScaleDirection, ScaleOrientation } from "@grafana/schema";
import { UPlotChart, UPlotConfigBuilder, useStyles2, useTheme2 } from "@grafana/ui";
import type { ApiLogCounts } from "@rollcall/core/log-contract.ts";
import { type ReactElement, useMemo, useRef } from "react";
import { useAnswer } from "../api/answers.ts";
import { changeQuery } from "../parts/place.ts";
import { fixed } from "../parts/words.ts";
import { t } from "../translate.ts";
import { useWidth } from "./box-width.ts";
import { stepOf } from "./log-search.ts";

type Bucket = ApiLogCounts["buckets"][number];

/** From the one that stands below; each is told apart in the legend by its word and its number. */
const BANDS = [
  { name: "error", levels: ["fatal", "error"], colour: ({ colors }: GrafanaTheme2) => colors.error.main },
  { name: "warn", levels: ["warn"], colour: ({ colors }: GrafanaTheme2) => colors.warning.main },
  { name: "info", levels: ["info"], colour: ({ colors }: GrafanaTheme2) => colors.info.main },
  { name: "debug", levels: ["debug", "trace"], colour: ({ colors }: GrafanaTheme2) => colors.secondary.main },
] as const;

const HEIGHT = 84;

/** How often counts are read again: of a longer time they change less, and cost more. */
const againMs = (stepSeconds: number): number => Math.min(60_000, Math.max(5_000, stepSeconds * 100));

interface LogChartProps {
  readonly search: string;
  readonly range: TimeRange;
  readonly zone: TimeZone;
}

/** How many lines were written when, and how bad they are; dragging over a part of it looks at that part. */
export function LogChart({ search, range, zone }: LogChartProps): ReactElement {
  const step = stepOf(range);
  const path = `api/v1/logs/counts?${search}${search === "" ? "" : "&"}step=${step}`;
  const { content, refusal } = useAnswer<ApiLogCounts>(path, range.raw.to === "now" ? againMs(step) : null);
  // What the lines are refused for is said beside them; the counts may take too long on their own.
  if (content === undefined)
    return (
      <p style={{ minHeight: HEIGHT }}>
        {refusal === null ? "" : t("logs.not-counted", "Not counted: {{why}}", { why: refusal.message })}
      </p>
    );
  return <Bars counts={content} zone={zone} />;
}

/** How many lines of a band, and of those that stand below it, a stretch has. */
export function heightOf({ counts }: Bucket, band: number): number {
  return BANDS.slice(0, band + 1)
    .flatMap(({ levels }) => levels)
    .reduce((sum, level) => sum + (counts[level] ?? 0), 0);
}

function Bars({ counts, zone }: { readonly counts: ApiLogCounts; readonly zone: TimeZone }): ReactElement {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const { buckets, stepSeconds } = counts;
  const config = useConfig({ zone, from: buckets[0]?.from ?? 0, to: (buckets.at(-1)?.from ?? 0) + stepSeconds * 1000 });
  const data = useMemo(
    () => [
      buckets.map(({ from }) => from),
      // The highest is drawn first, the others before it.
      ...BANDS.map((_, index) => buckets.map((bucket) => heightOf(bucket, BANDS.length - 1 - index))),
    ],
    [buckets],
  );
  return (
    <figure className={styles.chart} aria-label={t("logs.chart", "Lines over time, by level")} data-testid="log-chart">
      <div ref={box} aria-hidden style={{ height: HEIGHT }}>
        {width === 0 ? null : <UPlotChart data={data as never} config={config} width={width} height={HEIGHT} />}
      </div>
      <ul className={styles.legend}>
        {BANDS.map(({ name, levels, colour }) => (
          <li key={name}>
            <span aria-hidden style={{ color: colour(theme) }}>
              ■
            </span>{" "}
            {levels.join(", ")} {fixed(totalOf(buckets, levels))}
          </li>
        ))}
      </ul>
    </figure>
  );
}

const totalOf = (buckets: readonly Bucket[], levels: (typeof BANDS)[number]["levels"]): number =>
  buckets.reduce((sum, { counts }) => sum + levels.reduce((part, level) => part + (counts[level] ?? 0), 0), 0);

interface ConfigOf {
  readonly zone: TimeZone;
  /** ms since the epoch */
  readonly from: number;
  readonly to: number;
}

function useConfig({ zone, from, to }: ConfigOf): UPlotConfigBuilder {
  const theme = useTheme2();
  return useMemo(() => {
    const builder = new UPlotConfigBuilder(zone);
    builder.setPadding([null, 20, null, null]);
    builder.addScale({
      ...{ scaleKey: "x", isTime: true, range: () => [from, to] },
      ...{ orientation: ScaleOrientation.Horizontal, direction: ScaleDirection.Right },
    });
    builder.addScale({
      ...{ scaleKey: "lines", softMin: 0, softMax: 5 },
      ...{ orientation: ScaleOrientation.Vertical, direction: ScaleDirection.Up },
    });
    builder.addAxis({ scaleKey: "x", isTime: true, placement: AxisPlacement.Bottom, theme });
    builder.addAxis({
      ...{ scaleKey: "lines", placement: AxisPlacement.Left, theme },
      formatValue: (value) => (Number.isInteger(value) ? fixed(Number(value)) : ""),
    });
    for (const { colour } of BANDS.toReversed())
      builder.addSeries({
        ...{ scaleKey: "lines", theme, show: true, drawStyle: GraphDrawStyle.Bars, pxAlign: false },
        ...{ lineColor: colour(theme), lineWidth: 0, fillColor: colour(theme), fillOpacity: 100 },
        ...{ barAlignment: BarAlignment.After, barWidthFactor: 0.9 },
      });
    // Only along the time.
    builder.setCursor({ drag: { x: true, y: false, setScale: false } });
    builder.addHook("setSelect", (plot) => {
      const { left, width } = plot.select;
      if (width < LEAST_DRAG_PX) return;
      const [begin, end] = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")].map(Math.round);
      changeQuery({ from: String(begin), to: String(end) }, { replace: false });
    });
    return builder;
  }, [theme, zone, from, to]);
}

/** Less is a click. */
const LEAST_DRAG_PX = 4;

function getStyles(theme: GrafanaTheme2) {
  return {
    chart: css({ margin: 0, minWidth: 0 }),
    legend: css({
      ...theme.typography.bodySmall,
      listStyle: "none",
      display: "flex",
      flexWrap: "wrap",
      gap: theme.spacing(0, 1.5),
      fontVariantNumeric: "tabular-nums",
    }),
  };
}
