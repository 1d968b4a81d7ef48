import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import type { ApiFigure, ApiKeyFigure, ApiKeyFigures, ApiThroughput } from "@rollcall/core/figures-contract.ts";
import type { ApiMeasureCourse } from "@rollcall/core/measure-contract.ts";
import type { ReactElement } from "react";
import { useAnswer } from "../api/answers.ts";
import { t } from "../translate.ts";
import { MetricCard, type Point } from "./metric-card.tsx";
import { RefusalView } from "./refusal-view.tsx";

/** Where the course of a figure is read: a series of the throughput, or a question to `figures/measure`. */
type Course = { readonly series: string } | { readonly ask: string };

const WINDOW = "range=5m&step=15&window=1m";
const CARDS: readonly {
  readonly name: keyof ApiKeyFigures["figures"];
  readonly label: () => string;
  readonly course: Course | null;
}[] = [
  { name: "events", label: () => t("figure.events", "events/s"), course: { series: "published" } },
  { name: "handled", label: () => t("figure.handled-rate", "handled/s"), course: { series: "handled" } },
  {
    name: "errors",
    label: () => t("figure.errors", "error rate"),
    course: { ask: "name=rollcall_agent_tasks_failed_total&function=rate" },
  },
  {
    name: "latencyP95",
    label: () => "p95",
    course: { ask: "name=rollcall_bus_publish_to_handle_seconds&function=p95" },
  },
  {
    name: "waiting",
    label: () => t("figure.waiting", "waiting"),
    course: { ask: "name=rollcall_bus_group_lag&function=sum" },
  },
  {
    name: "deadLetters",
    label: () => t("figure.dead-letters", "dead letters"),
    course: { ask: "name=rollcall_bus_dead_letters_held&function=sum" },
  },
];

/** Six numbers of the last hour, each with its age and its course over five minutes. */
export function KeyFigures(): ReactElement {
  const styles = useStyles2(getStyles);
  const { content, refusal, at } = useAnswer<ApiKeyFigures>("api/v1/figures/key", 5_000);
  if (content === undefined && refusal !== null)
    return (
      <div className={styles.whole}>
        <RefusalView refusal={refusal} />
      </div>
    );
  return (
    <>
      {CARDS.map(({ name, label, course }) => (
        <div key={name} className={styles.card}>
          <KeyFigure label={label()} figure={content?.figures[name]} at={at} course={course} />
        </div>
      ))}
    </>
  );
}

interface KeyFigureProps {
  readonly label: string;
  readonly figure: ApiFigure | undefined;
  readonly at: number | null;
  readonly course: Course | null;
}

function KeyFigure({ course, ...card }: KeyFigureProps): ReactElement {
  const isSeries = course !== null && "series" in course;
  const throughput = useAnswer<ApiThroughput>(isSeries ? THROUGHPUT : null, 10_000).content;
  const asked = course !== null && "ask" in course ? `api/v1/figures/measure/course?${WINDOW}&${course.ask}` : null;
  const measured = useAnswer<ApiMeasureCourse>(asked, 15_000).content;
  const points = isSeries
    ? throughput?.series.find(({ measure, of }) => measure === course.series && of === null)?.points
    : measured?.series[0]?.points;
  return <FigureCard {...card} points={points ?? []} />;
}

const THROUGHPUT = "api/v1/figures/throughput?range=5m&step=5&top=1";

interface FigureCardProps {
  readonly label: string;
  readonly figure: ApiFigure | ApiKeyFigure | undefined;
  readonly at: number | null;
  readonly points?: readonly Point[];
}

/** A figure of the service as a card: its own age counts, not when it was fetched. */
export function FigureCard({ label, figure, at, points }: FigureCardProps): ReactElement {
  const measuredAt =
    at === null || figure === undefined || figure.ageSeconds === null ? null : at - figure.ageSeconds * 1000;
  return (
    <MetricCard
      label={label}
      value={figure?.value ?? null}
      unit={figure?.unit ?? "events"}
      reason={figure === undefined ? t("figure.reading", "reading") : figure.reason}
      at={measuredAt}
      {...(figure !== undefined && "normal" in figure ? { dayBefore: figure.dayBefore, normal: figure.normal } : {})}
      {...(points === undefined ? {} : { points })}
    />
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    whole: css({ gridColumn: "1 / -1" }),
    card: css({
      gridColumn: "span 2",
      minWidth: 0,
      [theme.breakpoints.down("md")]: { gridColumn: "span 4" },
      [theme.breakpoints.down("sm")]: { gridColumn: "span 6" },
    }),
  };
}
