import { useStyles2 } from "@grafana/ui";
import type { ReactElement } from "react";
import { hrefOf } from "../parts/place.ts";
import { useIsPhone } from "../parts/screen.ts";
import { HealthMark, RungBar } from "../parts/status-badge.tsx";
import { getTableStyles } from "../parts/table-style.ts";
import { markOfAgent, momentWords, verdictWords } from "../parts/words.ts";
import { t } from "../translate.ts";
import type { Called } from "./call-roll.ts";
import { RollSentences } from "./roll-sentences.tsx";

const ORDER = ["critical", "unknown", "degraded", "off", "healthy"];
const rank = ({ health }: Called): number => ORDER.indexOf(health);

/** The sick ones first. */
export const inOrder = (agents: Iterable<Called>): Called[] =>
  [...agents].toSorted((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));

const heads = (): string[] => [
  t("word.agent", "agent"),
  t("word.verdict", "verdict"),
  t("roll.rungs", "rungs"),
  t("roll.since", "since"),
];

/** What a roll call has found of each. */
export function RollTable({ rows, now }: { readonly rows: readonly Called[]; readonly now: number }): ReactElement {
  const styles = useStyles2(getTableStyles);
  if (useIsPhone()) return <RollSentences rows={rows} now={now} />;
  return (
    <div className={styles.scroller}>
      <table className={styles.table}>
        <thead>
          <tr>
            {heads().map((name) => (
              <th key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((agent) => (
            <tr key={agent.id}>
              <th scope="row">
                <HealthMark health={agent.health} mark={markOfAgent(agent)} />{" "}
                <a href={hrefOf(`agents/${agent.id}`)}>{agent.id}</a>
              </th>
              <td style={{ overflowWrap: "break-word" }}>{verdictWords(agent)}</td>
              <td>
                <RungBar agent={agent} />
              </td>
              <td>{agent.since === null ? "" : momentWords(agent.since, now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
