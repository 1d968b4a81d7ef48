import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import type { ApiFigure, ApiKeyFigures, ApiThroughput } from "@rollcall/core/figures-contract.ts";
import type { ReactElement } from "react";
import { useAnswer } from "../api/answers.ts";
import { MetricCard, type Point } from "./metric-card.tsx";
import { RefusalView } from "./refusal-view.tsx";

const CARDS: readonly {
  readonly name: keyof ApiKeyFigures["figures"];
  readonly label: string;
  readonly course?: string;
}[] = [
  { name: "events", label: "events/s", course: "published" },
  { name: "handled", label: "handled/s", course: "handled" },
  { name: "errors", label: "error rate" },
  { name: "latencyP95", label: "p95" },
  { name: "waiting", label: "waiting" },
  { name: "deadLetters", label: "dead letters" },
];

/** Six numbers of the last hour, each with its age and, where it is kept, its course over five minutes. */
export function KeyFigures(): ReactElement {
  const styles = useStyles2(getStyles);
  const { content, refusal, at } = useAnswer<ApiKeyFigures>("api/v1/figures/key", 5_000);
  const course = useAnswer<ApiThroughput>("api/v1/figures/throughput?range=5m&step=5&top=1", 10_000).content;
  if (content === undefined && refusal !== null)
    return (
      <div className={styles.whole}>
        <RefusalView refusal={refusal} />
      </div>
    );
  return (
    <>
      {CARDS.map(({ name, label, course: measure }) => (
        <div key={name} className={styles.card}>
          <FigureCard label={label} figure={content?.figures[name]} at={at} points={pointsOf(course, measure)} />
        </div>
      ))}
    </>
  );
}

function pointsOf(course: ApiThroughput | undefined, measure: string | undefined): readonly Point[] {
  return course?.series.find((series) => series.measure === measure && series.of === null)?.points ?? [];
}

interface FigureCardProps {
  readonly label: string;
  readonly figure: ApiFigure | undefined;
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
      reason={figure === undefined ? "reading" : figure.reason}
      at={measuredAt}
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
