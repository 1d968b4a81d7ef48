import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import type { ApiKeyFigure, ApiKeyFigures, ApiThroughput } from "@rollcall/core/figures-contract.ts";
import type { ApiMeasureCourse } from "@rollcall/core/measure-contract.ts";
import type { ReactElement } from "react";
import { useAnswer } from "../api/answers.ts";
import { t } from "../translate.ts";
import { CourseCard, type Point } from "./metric-card.tsx";

/** Where a figure and its course are read: a series of the throughput, the share of it that failed, or a question to `figures/measure`. */
type Course = { readonly series: "published" | "handled" } | { readonly share: "failed" } | { readonly ask: string };

interface Card {
  readonly label: () => string;
  readonly course: Course;
  /** What it is compared with; null: nothing that is measured is the same. */
  readonly usual: keyof ApiKeyFigures["figures"] | null;
}

const CARDS: readonly Card[] = [
  { label: () => t("figure.events", "events/s"), course: { series: "published" }, usual: "events" },
  { label: () => t("figure.handled-rate", "handled/s"), course: { series: "handled" }, usual: "handled" },
  { label: () => t("figure.errors", "error rate"), course: { share: "failed" }, usual: "errors" },
  {
    label: () => "p95",
    course: { ask: "name=rollcall_bus_publish_to_handle_seconds&function=p95" },
    usual: "latencyP95",
  },
  {
    label: () => t("figure.waiting", "waiting"),
    course: { ask: "name=rollcall_bus_group_lag&function=sum" },
    usual: "waiting",
  },
  {
    label: () => t("figure.dead-letters", "dead letters"),
    course: { ask: "name=rollcall_bus_dead_letters_held&function=sum" },
    usual: null,
  },
];

/** Six numbers of the last minute, each with its course over five and what it usually is in this hour. */
export function KeyFigures(): ReactElement {
  const styles = useStyles2(getStyles);
  const { content } = useAnswer<ApiKeyFigures>("api/v1/figures/key", 5_000);
  return (
    <>
      {CARDS.map((card) => (
        <div key={card.label()} className={styles.card}>
          <KeyFigure card={card} usual={card.usual === null ? undefined : content?.figures[card.usual]} />
        </div>
      ))}
    </>
  );
}

interface KeyFigureProps {
  readonly card: Card;
  readonly usual: ApiKeyFigure | undefined;
}

function KeyFigure({ card: { label, course }, usual }: KeyFigureProps): ReactElement {
  const { points, unit, reason } = useCourse(course);
  return (
    <CourseCard
      label={label()}
      {...{ unit, reason, points }}
      freshSeconds={FRESH_SECONDS}
      {...(usual === undefined ? {} : { dayBefore: usual.dayBefore, normal: usual.normal })}
    />
  );
}

const THROUGHPUT = "api/v1/figures/throughput?range=5m&step=5&top=1";
const MEASURED = "api/v1/figures/measure/course?range=5m&step=15&window=1m";
/** A point stands for the minute before it, and there is one every 15 s. */
const FRESH_SECONDS = 45;

interface Read {
  readonly points: readonly Point[];
  readonly unit: string;
  /** Why there is no point. */
  readonly reason: string | null;
}

function useCourse(course: Course): Read {
  const isAsked = "ask" in course;
  const path = isAsked ? `${MEASURED}&${course.ask}` : THROUGHPUT;
  const { content, refusal } = useAnswer<ApiThroughput | ApiMeasureCourse>(path, isAsked ? 15_000 : 5_000);
  if (content === undefined)
    return { points: [], unit: "events", reason: refusal?.message ?? t("figure.reading", "reading") };
  if ("name" in content) return { points: content.series[0]?.points ?? [], unit: content.unit, reason: content.reason };
  return "share" in course ? failedShare(content) : total(content, "series" in course ? course.series : "published");
}

function total({ series }: ApiThroughput, wanted: string): Read {
  const found = series.find(({ measure, of }) => measure === wanted && of === null);
  return { points: found?.points ?? [], unit: "per second", reason: found?.reason ?? null };
}

function failedShare(throughput: ApiThroughput): Read {
  const failed = total(throughput, "failed");
  const points = shareOf(failed.points, total(throughput, "handled").points);
  return { points, unit: "ratio", reason: failed.reason ?? nothingHandled() };
}

const nothingHandled = (): string => t("overview.idle", "Nothing was handled in 5 min.");

/** Of what was tried, how much failed; where nothing was tried there is no share. Both are measured at the same moments. */
export function shareOf(failed: readonly Point[], handled: readonly Point[]): Point[] {
  return failed.map(([at, lost], index) => {
    const well = handled[index]?.[1] ?? null;
    return [at, lost === null || well === null || lost + well === 0 ? null : lost / (lost + well)];
  });
}

function getStyles(theme: GrafanaTheme2) {
  return {
    card: css({
      gridColumn: "span 2",
      minWidth: 0,
      [theme.breakpoints.down("md")]: { gridColumn: "span 4" },
      [theme.breakpoints.down("sm")]: { gridColumn: "span 6" },
    }),
  };
}
