import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { FilterInput, LinkButton, useStyles2 } from "@grafana/ui";
import type { ApiSeries, ApiThroughput } from "@rollcall/core/figures-contract.ts";
import type { ReactElement } from "react";
import { useAnswer } from "../api/answers.ts";
import type { Refusal } from "../api/refusal.ts";
import { CommandButton } from "../parts/command-button.tsx";
import { MetricCard } from "../parts/metric-card.tsx";
import { Page } from "../parts/page.tsx";
import { changeQuery, hrefOf, usePlace } from "../parts/place.ts";
import { useReadCommand } from "../parts/read-command.ts";
import { Region } from "../parts/region.tsx";
import { ReportView } from "../parts/report-view.tsx";
import { t } from "../translate.ts";
import { SeriesChart } from "./series-chart.tsx";

/** Rates, declared against actual, who waits, what was put aside; a marked message to try the way. */
export default function Bus(): ReactElement {
  const { query } = usePlace();
  const pattern = query.get("q") ?? "";
  return (
    <Page
      title={t("page.bus", "Event bus")}
      ignoresContext
      actions={
        <>
          <LinkButton size="sm" variant="secondary" href={hrefOf("bus/trace")}>
            {t("bus.trace", "Trace…")}
          </LinkButton>
          <CommandButton command="bus-test" label={t("verb.bus-test", "Test message…")} />
        </>
      }
    >
      <Throughput />
      <Read title={t("bus.now", "Now")} command="bus" input={{}} everyMs={5_000} />
      <Read title={t("bus.dead-letters", "Dead letters")} command="dead-letters" input={{}} everyMs={15_000} />
      <div style={{ gridColumn: "1 / -1" }}>
        <FilterInput
          placeholder={t("bus.search", "Subscriptions: part of a pattern, a topic or an agent")}
          data-search
          escapeRegex={false}
          value={pattern}
          onChange={(text) => changeQuery({ q: text })}
        />
      </div>
      <Read
        title={t("bus.subscriptions", "Subscriptions, declared against actual")}
        command="bus-subs"
        input={{ pattern }}
        everyMs={10_000}
      />
      <Read title={t("bus.topics", "Topics")} command="bus-topics" input={{ text: pattern }} everyMs={10_000} />
    </Page>
  );
}

const TOTALS: Readonly<Record<string, () => string>> = {
  published: () => t("figure.published", "published"),
  handled: () => t("figure.handled", "handled"),
  failed: () => t("figure.failed", "failed"),
};
const BUSIEST: Readonly<Record<string, () => string>> = {
  published: () => t("bus.busiest-published", "published, busiest topics"),
  handled: () => t("bus.busiest-handled", "handled, busiest topics"),
};

/** Cards of the totals beside the course of the busiest topics. */
function Throughput(): ReactElement {
  const { content, refusal, at } = useAnswer<ApiThroughput>("api/v1/figures/throughput?range=5m&step=5&top=5", 5_000);
  const all = content?.series ?? [];
  const topics = (wanted: string) => all.filter(({ measure, of }) => measure === wanted && of !== null);
  return (
    <>
      {Object.entries(TOTALS).map(([wanted, name]) => (
        <Total
          key={wanted}
          name={name()}
          series={all.find(({ measure, of }) => measure === wanted && of === null)}
          at={at}
          refusal={refusal}
        />
      ))}
      {Object.entries(BUSIEST).map(([wanted, title]) => (
        <Region key={wanted} title={title()} columns={6} isKnown={content !== undefined} refusal={refusal}>
          {() => (
            <SeriesChart
              label={t("bus.five-minutes", "five minutes")}
              series={topics(wanted)}
              nameOf={({ of }) => of ?? wanted}
            />
          )}
        </Region>
      ))}
    </>
  );
}

interface TotalProps {
  readonly name: string;
  readonly series: ApiSeries | undefined;
  readonly at: number | null;
  readonly refusal: Refusal | null;
}

function Total({ name, series, at, refusal }: TotalProps): ReactElement {
  const styles = useStyles2(getStyles);
  const age = series?.ageSeconds ?? null;
  return (
    <div className={styles.card}>
      <MetricCard
        label={name}
        value={series?.points.at(-1)?.[1] ?? null}
        unit={series?.unit ?? "per second"}
        reason={series === undefined ? (refusal?.message ?? t("figure.reading", "reading")) : series.reason}
        at={at === null || age === null ? null : at - age * 1000}
        points={series?.points ?? []}
      />
    </div>
  );
}

interface ReadProps {
  readonly title: string;
  readonly command: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly everyMs: number;
}

/** The answer of a command that looks, in the words of Slack. */
function Read({ title, command, input, everyMs }: ReadProps): ReactElement {
  const { report, refusal, again } = useReadCommand(command, input, everyMs);
  return (
    <Region title={title} columns={6} isKnown={report !== null} refusal={refusal} onRetry={again}>
      {() => (report === null ? null : <ReportView report={report} />)}
    </Region>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    card: css({ gridColumn: "span 4", minWidth: 0, [theme.breakpoints.down("sm")]: { gridColumn: "1 / -1" } }),
  };
}
