import type { ApiResources } from "@rollcall/core/figures-contract.ts";
import type { ReactElement } from "react";
import { useAnswer } from "../api/answers.ts";
import { FigureCard } from "../parts/key-figures.tsx";
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
