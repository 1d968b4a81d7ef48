import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import type { ReactElement } from "react";
import { hrefOf } from "../parts/place.ts";
import { THUMB_PX } from "../parts/screen.ts";
import { HealthMark, RungBar } from "../parts/status-badge.tsx";
import { markOfAgent, sinceWords, verdictWords } from "../parts/words.ts";
import { t } from "../translate.ts";
import type { Called } from "./call-roll.ts";

interface RollSentencesProps {
  readonly rows: readonly Called[];
  readonly now: number;
}

/** What a roll call has found, on a phone: a sentence for each who needs a look, and those who are well folded away. */
export function RollSentences({ rows, now }: RollSentencesProps): ReactElement {
  const styles = useStyles2(getStyles);
  const well = rows.filter(({ health }) => health === "healthy");
  return (
    <>
      <Sentences rows={rows.filter(({ health }) => health !== "healthy")} now={now} />
      {well.length === 0 ? null : (
        <details>
          <summary className={styles.fold}>{t("roll.working", "{{n}} working", { n: well.length })}</summary>
          <Sentences rows={well} now={now} />
        </details>
      )}
    </>
  );
}

function Sentences({ rows, now }: RollSentencesProps): ReactElement {
  const styles = useStyles2(getStyles);
  return (
    <ul className={styles.list}>
      {rows.map((agent) => (
        <li key={agent.id} className={styles.sentence}>
          <HealthMark health={agent.health} mark={markOfAgent(agent)} />
          <a href={hrefOf(`agents/${agent.id}`)}>{agent.id}</a>
          <span>
            {verdictWords(agent)}
            {sinceWords(agent, now)}
          </span>
          <RungBar agent={agent} />
        </li>
      ))}
    </ul>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    list: css({ listStyle: "none", margin: 0 }),
    sentence: css({
      display: "flex",
      flexWrap: "wrap",
      alignItems: "center",
      columnGap: theme.spacing(1),
      minHeight: THUMB_PX,
      borderTop: `1px solid ${theme.colors.border.weak}`,
    }),
    fold: css({ minHeight: THUMB_PX, lineHeight: `${THUMB_PX}px` }),
  };
}
