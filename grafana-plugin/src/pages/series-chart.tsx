import { css } from "@emotion/css";
import { classicColors, type GrafanaTheme2, getTimeZone, type TimeZone } from "@grafana/data";
import { AxisPlacement, GraphDrawStyle, ScaleDirection, ScaleOrientation } from "@grafana/schema";
import { UPlotChart, UPlotConfigBuilder, useStyles2, useTheme2 } from "@grafana/ui";
import type { ApiSeries } from "@rollcall/core/figures-contract.ts";
import { type ReactElement, useMemo, useRef } from "react";
import { figureWords } from "../parts/metric-card.tsx";
import { t } from "../translate.ts";
import { useWidth } from "./box-width.ts";

interface SeriesChartProps {
  readonly label: string;
  /** Of one unit, and with the same moments. */
  readonly series: readonly ApiSeries[];
  /** Of its times; the reader's own if not said. */
  readonly zone?: TimeZone;
  /** "billing", "published" */
  readonly nameOf: (series: ApiSeries) => string;
}

const HEIGHT = 180;

/** Where nothing but 0 was measured an axis without it goes up to 100 of its unit, which is 10,000 % of a ratio. */
const LEAST_TOP: Readonly<Record<string, number>> = {
  "per second": 1,
  seconds: 0.01,
  ratio: 0.01,
  bytes: 5 * 2 ** 20,
  cores: 0.1,
};

/** Values over time, with axes, and a legend that says the newest value of each line; a gap where nothing was measured. */
export function SeriesChart({ label, series, zone = getTimeZone(), nameOf }: SeriesChartProps): ReactElement {
  const styles = useStyles2(getStyles);
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const unit = series[0]?.unit ?? "events";
  const config = useConfig({ unit, lines: series.length, zone });
  const data = useMemo(
    () => [
      (series[0]?.points ?? []).map(([at]) => at),
      ...series.map(({ points }) => points.map(([, value]) => value)),
    ],
    [series],
  );
  return (
    <figure className={styles.chart} aria-label={label} data-testid="chart">
      <figcaption className={styles.title}>{label}</figcaption>
      <div ref={box} aria-hidden style={{ height: HEIGHT }}>
        {width === 0 ? null : <UPlotChart data={data as never} config={config} width={width} height={HEIGHT} />}
      </div>
      <ul className={styles.legend}>
        {series.map((one, index) => (
          <li key={nameOf(one)}>
            <span aria-hidden style={{ color: colourOf(index) }}>
              ━
            </span>{" "}
            {nameOf(one)} {newestWords(one)}
          </li>
        ))}
      </ul>
    </figure>
  );
}

const colourOf = (index: number): string => classicColors[index % classicColors.length] ?? "gray";

function newestWords({ points, unit, reason }: ApiSeries): string {
  const newest = points.at(-1)?.[1] ?? null;
  return newest === null ? `— ${reason ?? t("figure.unmeasured", "not measured")}` : figureWords(newest, unit);
}

/** From 0 up to what was measured. */
export const scaleOf = (unit: string) => ({
  ...{ scaleKey: unit, softMin: 0, softMax: LEAST_TOP[unit] ?? 5 },
  ...{ orientation: ScaleOrientation.Vertical, direction: ScaleDirection.Up },
});

interface ConfigOf {
  readonly unit: string;
  readonly lines: number;
  readonly zone: TimeZone;
}

function useConfig({ unit, lines, zone }: ConfigOf): UPlotConfigBuilder {
  const theme = useTheme2();
  return useMemo(() => {
    const builder = new UPlotConfigBuilder(zone);
    // The words of the last moment reach beyond it by half of their width.
    builder.setPadding([null, 20, null, null]);
    builder.addScale({
      ...{ scaleKey: "x", isTime: true },
      ...{ orientation: ScaleOrientation.Horizontal, direction: ScaleDirection.Right },
    });
    builder.addScale(scaleOf(unit));
    builder.addAxis({ scaleKey: "x", isTime: true, placement: AxisPlacement.Bottom, theme });
    builder.addAxis({
      ...{ scaleKey: unit, placement: AxisPlacement.Left, theme },
      formatValue: (value) => figureWords(Number(value), unit),
    });
    for (let index = 0; index < lines; index += 1)
      builder.addSeries({
        ...{ scaleKey: unit, theme, show: true, drawStyle: GraphDrawStyle.Line },
        ...{ lineColor: colourOf(index), lineWidth: 1.5, pxAlign: false },
      });
    return builder;
  }, [theme, unit, lines, zone]);
}

function getStyles(theme: GrafanaTheme2) {
  return {
    chart: css({ margin: 0, minWidth: 0 }),
    title: css({ ...theme.typography.bodySmall, color: theme.colors.text.secondary }),
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
