import { css, cx } from "@emotion/css";
import type { GrafanaTheme2, TimeZone } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import type {
  ApiFigure,
  ApiHotSpots,
  ApiLatency,
  ApiResources,
  ApiSeries,
  ApiThroughput,
} from "@rollcall/core/figures-contract.ts";
import { type ReactElement, useMemo } from "react";
import { type Answer, useAnswer } from "../api/answers.ts";
import { ExportMenu } from "../parts/export-menu.tsx";
import { KeyFigures } from "../parts/key-figures.tsx";
import { figureWords } from "../parts/metric-card.tsx";
import { Page } from "../parts/page.tsx";
import { hrefOf, usePlace } from "../parts/place.ts";
import { Region } from "../parts/region.tsx";
import { getTableStyles } from "../parts/table-style.ts";
import { t } from "../translate.ts";
import { RangePicker } from "./range-picker.tsx";
import { SeriesChart } from "./series-chart.tsx";
import { rangeIn, stretchQuery, zoneIn } from "./time-range.ts";

const seriesOfThroughput = ({ series }: ApiThroughput): readonly ApiSeries[] => series;
const seriesOfServices = ({ services }: ApiResources): readonly ApiSeries[] => services;

/** Throughput, latencies, resources and hot spots over a range. */
export default function Metrics(): ReactElement {
  const { query } = usePlace();
  const range = useMemo(() => rangeIn(query), [query]);
  const zone = zoneIn(query);
  const stretch = stretchQuery(range);
  const throughput = useAnswer<ApiThroughput>(`api/v1/figures/throughput?${stretch}&top=5`);
  const resources = useAnswer<ApiResources>(`api/v1/figures/resources?${stretch}&limit=20`);
  return (
    <Page title={t("page.metrics", "Metrics")} ignoresContext>
      <div style={{ gridColumn: "1 / -1", justifySelf: "end" }}>
        <RangePicker range={range} zone={zone} />
      </div>
      <KeyFigures />
      <Course
        title={t("metrics.throughput", "Throughput")}
        name="throughput"
        answer={throughput}
        zone={zone}
        seriesOf={seriesOfThroughput}
      />
      <Latency stretch={stretch} />
      <Course
        title={t("metrics.resources", "Resources of services")}
        name="resources"
        answer={resources}
        zone={zone}
        seriesOf={seriesOfServices}
      />
      <HotSpots stretch={stretch} />
    </Page>
  );
}

interface CourseProps<T> {
  readonly title: string;
  readonly name: string;
  readonly answer: Answer<T>;
  readonly zone: TimeZone;
  readonly seriesOf: (content: T) => readonly ApiSeries[];
}

/** How a measure is called; what is not named here is called as the service does. */
const MEASURE_WORDS: Readonly<Record<string, () => string>> = {
  published: () => t("figure.published", "published"),
  handled: () => t("figure.handled", "handled"),
  failed: () => t("figure.failed", "failed"),
  requests: () => t("metrics.requests", "requests"),
  cpu: () => t("figure.processor", "processor"),
  memory: () => t("figure.memory", "memory"),
  eventLoopDelay: () => t("agent.timers", "timers late by"),
};
const measureWords = (measure: string): string => MEASURE_WORDS[measure]?.() ?? measure;

const nameOf = ({ measure, of }: ApiSeries): string => (of === null ? measure : `${measure}, ${of}`);

/** One chart for all that has no part of its own, and one for the parts of each measure. */
function chartsOf(series: readonly ApiSeries[]): readonly (readonly [label: string, lines: readonly ApiSeries[]])[] {
  const groups = Map.groupBy(series, ({ measure, of }) =>
    of === null ? t("metrics.together", "all together") : measureWords(measure),
  );
  return [...groups];
}

function Course<T>({ title, name, answer, zone, seriesOf }: CourseProps<T>): ReactElement {
  const styles = useStyles2(getStyles);
  const { content, refusal } = answer;
  const charts = useMemo(() => (content === undefined ? [] : chartsOf(seriesOf(content))), [content, seriesOf]);
  const rows = () =>
    charts
      .flatMap(([, lines]) => lines)
      .flatMap((one) =>
        one.points.map(([moment, value]) => ({
          at: new Date(moment).toISOString(),
          series: nameOf(one),
          value,
          unit: one.unit,
        })),
      );
  return (
    <Region
      title={title}
      isKnown={content !== undefined}
      refusal={refusal}
      actions={<ExportMenu name={name} rows={rows} />}
    >
      {() => (
        <div className={styles.charts}>
          {charts.map(([label, lines]) => (
            <SeriesChart
              key={label}
              label={label}
              series={lines}
              zone={zone}
              nameOf={({ measure, of }) => of ?? measureWords(measure)}
            />
          ))}
        </div>
      )}
    </Region>
  );
}

const shown = ({ value, unit, reason }: ApiFigure): string =>
  value === null ? `— ${reason ?? t("figure.unmeasured", "not measured")}` : figureWords(value, unit);

/** What each list is of, and what its rows are. */
const LISTS = {
  events: { caption: () => t("metrics.events", "events"), of: () => t("metrics.topic", "topic") },
  commands: { caption: () => t("metrics.commands", "commands"), of: () => t("word.command", "command") },
  requests: { caption: () => t("metrics.requests", "requests"), of: () => t("metrics.route", "route") },
};

function Latency({ stretch }: { readonly stretch: string }): ReactElement {
  const styles = useStyles2(getTableStyles);
  const { content, refusal } = useAnswer<ApiLatency>(`api/v1/figures/latency?${stretch}`);
  const lists = { events: content?.events ?? [], commands: content?.commands ?? [], requests: content?.requests ?? [] };
  const rows = () =>
    Object.entries(lists).flatMap(([kind, list]) =>
      list.map(({ of, count, p50, p95, p99 }) => ({
        kind,
        of,
        count: count.value,
        p50: p50.value,
        p95: p95.value,
        p99: p99.value,
      })),
    );
  return (
    <Region
      title={t("metrics.latency", "How long it takes")}
      isKnown={content !== undefined}
      refusal={refusal}
      actions={<ExportMenu name="latency" rows={rows} />}
    >
      {() =>
        Object.entries(lists).map(([kind, list]) => (
          <div key={kind} className={styles.scroller}>
            <table className={cx(styles.table, styles.numbers)}>
              <caption>{LISTS[kind as keyof typeof LISTS].caption()}</caption>
              <thead>
                <tr>
                  {[LISTS[kind as keyof typeof LISTS].of(), t("metrics.count", "count"), "p50", "p95", "p99"].map(
                    (head) => (
                      <th key={head}>{head}</th>
                    ),
                  )}
                </tr>
              </thead>
              <tbody>
                {list.map(({ of, count, p50, p95, p99 }) => (
                  <tr key={of}>
                    <th scope="row">{of}</th>
                    {[count, p50, p95, p99].map((figure, column) => (
                      <td key={["count", "p50", "p95", "p99"][column]}>{shown(figure)}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
            {list.length === 0 ? <p>{t("metrics.none", "Nothing was measured in this time.")}</p> : null}
          </div>
        ))
      }
    </Region>
  );
}

const SPOTS = [
  { name: "busiest", title: () => t("metrics.busiest", "Busiest"), isAgent: true },
  { name: "slowest", title: () => t("metrics.slowest", "Slowest topics"), isAgent: false },
  { name: "failing", title: () => t("metrics.failing", "Failing most"), isAgent: true },
  { name: "waiting", title: () => t("metrics.waiting", "Most waits for"), isAgent: true },
] as const;

function HotSpots({ stretch }: { readonly stretch: string }): ReactElement {
  const { content, refusal } = useAnswer<ApiHotSpots>(`api/v1/figures/hot-spots?${stretch}`);
  return (
    <>
      {SPOTS.map(({ name, title, isAgent }) => (
        <Region key={name} title={title()} columns={6} isKnown={content !== undefined} refusal={refusal}>
          {() => (
            <ol>
              {(content?.[name] ?? []).map((spot) => (
                <li key={spot.name}>
                  {isAgent ? <a href={hrefOf(`agents/${spot.name}`)}>{spot.name}</a> : spot.name} {shown(spot.figure)}
                </li>
              ))}
              {content?.[name].length === 0 ? <li>{t("word.none", "none")}</li> : null}
            </ol>
          )}
        </Region>
      ))}
    </>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    charts: css({
      display: "grid",
      gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 300px), 1fr))",
      gap: theme.spacing(2),
    }),
  };
}
