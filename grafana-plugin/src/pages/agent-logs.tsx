import { useStyles2 } from "@grafana/ui";
import type { ApiLogs } from "@rollcall/core/log-contract.ts";
import type { ReactElement } from "react";
import { useAnswer } from "../api/answers.ts";
import { hrefOf, usePlace } from "../parts/place.ts";
import { Region } from "../parts/region.tsx";
import { t } from "../translate.ts";
import { LogPlaces } from "./log-places.tsx";
import { LogRow } from "./log-row.tsx";
import { nameOfLine } from "./log-search.ts";
import { getLogStyles } from "./log-style.ts";
import { zoneIn } from "./time-range.ts";

const MOST = 25;
const EVERY_MS = 3_000;
const NO_WORDS: readonly string[] = [];

/** The last lines of one agent, whatever their age; the page of logs has the others. */
export function AgentLogs({ id }: { readonly id: string }): ReactElement {
  const styles = useStyles2(getLogStyles);
  const zone = zoneIn(usePlace().query);
  const { content, refusal } = useAnswer<ApiLogs>(
    `api/v1/agents/${encodeURIComponent(id)}/logs?limit=${MOST}`,
    EVERY_MS,
  );
  return (
    <Region
      title={t("agent.last-lines", "Its last lines")}
      isKnown={content !== undefined}
      refusal={refusal}
      actions={<a href={hrefOf("logs", { agent: id })}>{t("agent.all-lines", "All lines, and search")}</a>}
    >
      {() => (
        <>
          <LogPlaces places={content?.places ?? []} />
          {content?.lines.length === 0 ? (
            <p>{t("agent.no-line", "No line of it is kept.")}</p>
          ) : (
            <ol className={styles.short}>
              {(content?.lines ?? []).map((line) => (
                <LogRow
                  key={line.id}
                  line={line}
                  words={NO_WORDS}
                  zone={zone}
                  href={hrefOf("logs", { agent: id, line: nameOfLine(line) })}
                />
              ))}
            </ol>
          )}
        </>
      )}
    </Region>
  );
}
