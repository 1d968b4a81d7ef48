import type { ReactElement } from "react";
import { useReadCommand } from "../parts/read-command.ts";
import { Region } from "../parts/region.tsx";
import { ReportText } from "../parts/report-text.tsx";
import { useNow } from "../parts/tick.ts";
import { t } from "../translate.ts";

const EVERY_MS = 5_000;

/** On what the verdict stands, rung by rung, what else is known, and what helped before: the answer of `why`. */
export function AgentEvidence({ id }: { readonly id: string }): ReactElement {
  const { report, refusal, again } = useReadCommand("why", { about: id }, EVERY_MS);
  const now = useNow();
  return (
    <Region
      title={t("agent.evidence", "Evidence")}
      columns={6}
      isKnown={report !== null}
      refusal={refusal}
      onRetry={again}
    >
      {() => (
        <ul style={{ listStyle: "none", overflowWrap: "anywhere" }}>
          {(report?.lines ?? []).map((line) => (
            <li key={line}>
              <ReportText text={line} now={now} />
            </li>
          ))}
        </ul>
      )}
    </Region>
  );
}
