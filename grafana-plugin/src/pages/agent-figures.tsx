import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import type { ApiMeasureCourse } from "@rollcall/core/measure-contract.ts";
import type { ReactElement } from "react";
import { useAnswer } from "../api/answers.ts";
import type { Agent } from "../api/contract.ts";
import { CourseCard, MetricCard } from "../parts/metric-card.tsx";
import { t } from "../translate.ts";

/** What is asked of Prometheus, and how a card says it. */
const MEASURED = [
  { label: () => t("figure.handled", "handled"), name: "rollcall_agent_tasks_total", made: "rate", unit: "per second" },
  {
    label: () => t("figure.failed", "failed"),
    name: "rollcall_agent_tasks_failed_total",
    made: "rate",
    unit: "per second",
  },
  {
    label: () => t("figure.processor", "processor"),
    name: "rollcall_agent_cpu_seconds_total",
    made: "rate",
    unit: "cores",
  },
  {
    label: () => t("figure.memory", "memory"),
    name: "rollcall_agent_resident_memory_bytes",
    made: "max",
    unit: "bytes",
  },
] as const;

/** Six numbers of one agent: what it does and uses over the last quarter of an hour, and what waits for it now. */
export function AgentFigures({ agent, at }: { readonly agent: Agent; readonly at: number | null }): ReactElement {
  const styles = useStyles2(getStyles);
  const { waiting } = agent;
  const isCounted = waiting?.every(({ lag }) => lag !== null) ?? false;
  const sum = (of: "lag" | "pending"): number | null =>
    waiting === null ? null : waiting.reduce((total, one) => total + (one[of] ?? 0), 0);
  return (
    <>
      <div className={styles.card}>
        <MetricCard
          label={t("figure.waiting", "waiting")}
          value={isCounted ? sum("lag") : null}
          unit="events"
          at={at}
        />
      </div>
      <div className={styles.card}>
        <MetricCard label={t("figure.in-hand", "in hand")} value={sum("pending")} unit="events" at={at} />
      </div>
      {MEASURED.map((measured) => (
        <div key={measured.name} className={styles.card}>
          <Measured id={agent.id} measured={measured} />
        </div>
      ))}
    </>
  );
}

interface MeasuredProps {
  readonly id: string;
  readonly measured: (typeof MEASURED)[number];
}

function Measured({ id, measured: { label, name, made, unit } }: MeasuredProps): ReactElement {
  const asked = new URLSearchParams({ name, function: made, window: "1m", agent: id, range: "15m", step: "30" });
  const { content, refusal } = useAnswer<ApiMeasureCourse>(`api/v1/figures/measure/course?${asked}`, 15_000);
  return (
    <CourseCard
      label={label()}
      unit={unit}
      reason={refusal?.message ?? (content === undefined ? t("figure.reading", "reading") : content.reason)}
      freshSeconds={90}
      points={content?.series[0]?.points ?? []}
    />
  );
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
