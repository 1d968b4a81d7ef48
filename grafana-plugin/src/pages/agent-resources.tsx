import type { ApiFigure, ApiResources } from "@rollcall/core/figures-contract.ts";
import type { ReactElement } from "react";
import { useAnswer } from "../api/answers.ts";
import { MetricCard } from "../parts/metric-card.tsx";
import { Region } from "../parts/region.tsx";
import { t } from "../translate.ts";

/** What one agent says that it uses of its host. */
export function AgentResources({ id }: { readonly id: string }): ReactElement {
  const { content, refusal, at } = useAnswer<ApiResources>("api/v1/figures/resources?range=1h&limit=500", 10_000);
  const row = content?.agents.find(({ agent }) => agent === id);
  return (
    <Region title={t("agent.uses", "What it uses")} isKnown={content !== undefined} refusal={refusal}>
      {() =>
        row === undefined ? (
          <p>
            {t(
              "agent.unmeasured",
              "Not measured: it sends no heartbeat, or is not among the 500 that use most memory.",
            )}
          </p>
        ) : (
          <div style={{ display: "flex", gap: 16, flexWrap: "wrap" }}>
            <FigureCard label={t("agent.processor", "processor, on average")} figure={row.cpu} at={at} />
            <FigureCard label={t("figure.memory", "memory")} figure={row.memory} at={at} />
            <FigureCard label={t("agent.timers", "timers late by")} figure={row.eventLoopDelay} at={at} />
          </div>
        )
      }
    </Region>
  );
}

interface FigureCardProps {
  readonly label: string;
  readonly figure: ApiFigure;
  /** When the answer came. */
  readonly at: number | null;
}

/** A figure of the service as a card: its own age counts, not when it was fetched. */
function FigureCard({ label, figure: { value, unit, reason, ageSeconds }, at }: FigureCardProps): ReactElement {
  const measuredAt = at === null || ageSeconds === null ? null : at - ageSeconds * 1000;
  return <MetricCard label={label} value={value} unit={unit} reason={reason} at={measuredAt} />;
}
