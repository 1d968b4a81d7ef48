import { PanelBuilder as BarGauge } from "@grafana/grafana-foundation-sdk/bargauge";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  BigValueColorMode,
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  MappingType,
  type Panel,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMap,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as Stat } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as Table } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeSeries } from "@grafana/grafana-foundation-sdk/timeseries";

/** The data source of every query: a variable, so that the same board serves any Prometheus. */
export const DATA_SOURCE = { type: "prometheus", uid: "$datasource" } as const;

/** One query of a panel. */
export interface Query {
  readonly expr: string;
  /** Name of its series, with `{{label}}` for labels. */
  readonly legend: string;
}

/** What a panel shows; every panel says what it means, in which unit. */
export interface PanelFacts {
  readonly title: string;
  /** What the number means and what to do when it is bad. */
  readonly description: string;
  /** Unit of Grafana: `s`, `bytes`, `percentunit`, `short`, `reqps`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Columns of 24. */
  readonly span: number;
  /** Rows; 4 for a number, 8 for a chart if left out. */
  readonly height?: number;
  /** From which value on it is yellow, and from which red; with `[0.9, 0.5]` falling values are worse. */
  readonly warnAt?: readonly [warning: number, critical: number];
  /** Words for numbers. */
  readonly words?: Readonly<Record<number, { text: string; color: string }>>;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  /** Where a click leads: uid of a board. */
  readonly leadsTo?: string;
}

// What was not measured is said, never shown as 0.
const NOT_MEASURED = "not measured";

/** A number, with its course behind it. */
export const number = (facts: PanelFacts): Builder<Panel> =>
  dress(new Stat(), facts)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .graphMode(BigValueGraphMode.Area)
    .colorMode(
      facts.warnAt === undefined && facts.words === undefined ? BigValueColorMode.None : BigValueColorMode.Value,
    )
    .height(facts.height ?? 4);

/** Where a share was 0 all the time, an axis without it goes up to 10,000 %. */
const LEAST_TOP_OF_SHARE = 0.01;

/** Values over time. */
export const chart = (facts: PanelFacts): Builder<Panel> =>
  withLeastTop(dress(new TimeSeries(), facts), facts)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
    .fillOpacity(8)
    .spanNulls(false)
    .height(facts.height ?? 8);

const withLeastTop = (panel: TimeSeries, { unit }: PanelFacts): TimeSeries =>
  unit === "percentunit" ? panel.axisSoftMax(LEAST_TOP_OF_SHARE) : panel;

/** The largest of many, longest bar first. */
export const bars = (facts: PanelFacts): Builder<Panel> =>
  dress(new BarGauge(), facts)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .orientation(VizOrientation.Horizontal)
    .height(facts.height ?? 8);

/** One row for each series, as they are now. */
export const rows = (facts: PanelFacts): Builder<Panel> =>
  dress(new Table(), facts, { isNow: true })
    .withTransformation({
      id: "organize",
      options: { excludeByName: { Time: true, __name__: true, instance: true, job: true } },
    })
    .height(facts.height ?? 8);

interface Dressable extends Builder<Panel> {
  title(text: string): this;
  description(text: string): this;
  unit(unit: string): this;
  span(columns: number): this;
  noValue(text: string): this;
  datasource(source: typeof DATA_SOURCE): this;
  withTarget(target: DataqueryBuilder): this;
  thresholds(thresholds: ThresholdsConfigBuilder): this;
  mappings(mappings: ValueMap[]): this;
  decimals(count: number): this;
  min(value: number): this;
  max(value: number): this;
  dataLinks(links: DashboardLinkBuilder[]): this;
}

function dress<Dressed extends Dressable>(panel: Dressed, facts: PanelFacts, { isNow = false } = {}): Dressed {
  const { title, description, unit, span, queries, decimals, min, max, words, leadsTo } = facts;
  panel.title(title).description(description).unit(unit).span(span).noValue(NOT_MEASURED).datasource(DATA_SOURCE);
  panel.thresholds(thresholdsOf(facts));
  for (const [index, query] of queries.entries()) panel.withTarget(targetOf(query, { index, isNow }));
  if (decimals !== undefined) panel.decimals(decimals);
  if (min !== undefined) panel.min(min);
  if (max !== undefined) panel.max(max);
  if (words !== undefined) panel.mappings([wordsFor(words)]);
  if (leadsTo !== undefined) panel.dataLinks([linkTo(leadsTo)]);
  return panel;
}

function targetOf({ expr, legend }: Query, { index, isNow }: { index: number; isNow: boolean }): DataqueryBuilder {
  const target = new DataqueryBuilder()
    .expr(expr)
    .legendFormat(legend)
    .refId(String.fromCharCode(65 + index));
  return isNow ? target.instant().format("table" as never) : target.range();
}

function thresholdsOf({ warnAt }: PanelFacts): ThresholdsConfigBuilder {
  const steps: Threshold[] = [{ value: null as never, color: "text" }];
  if (warnAt !== undefined) {
    const [warning, critical] = warnAt;
    const isFalling = critical < warning;
    steps.length = 0;
    steps.push({ value: null as never, color: isFalling ? "red" : "green" });
    steps.push({ value: Math.min(warning, critical), color: "yellow" });
    steps.push({ value: Math.max(warning, critical), color: isFalling ? "green" : "red" });
  }
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

const wordsFor = (words: NonNullable<PanelFacts["words"]>): ValueMap => ({
  type: MappingType.ValueToText,
  options: Object.fromEntries(Object.entries(words).map(([value, word], index) => [value, { ...word, index }])),
});

/** A link that keeps the range and what was chosen. */
const linkTo = (uid: string): DashboardLinkBuilder =>
  new DashboardLinkBuilder("Look closer")
    .type(DashboardLinkType.Link)
    .url(
      `/d/${uid}?\${__url_time_range}&\${datasource:queryparam}&\${fleet:queryparam}&var-agent=\${__field.labels.agent}`,
    );
