import type { ReactElement } from "react";
import { hrefOf, type Place } from "../parts/place.ts";
import { useReadCommand } from "../parts/read-command.ts";
import { Region } from "../parts/region.tsx";
import { ReportText } from "../parts/report-text.tsx";
import { ReportView } from "../parts/report-view.tsx";
import { useNow } from "../parts/tick.ts";
import { ageWords } from "../parts/words.ts";
import { t } from "../translate.ts";

const HISTORY = "roll-call-history";
const EVERY_MS = 15_000;

interface Kept {
  readonly rollCalls: readonly { readonly id: string; readonly at: number }[];
}

type EarlierRolls = ReturnType<typeof useReadCommand>;

/** The roll calls that are kept, whoever took them, newest first. */
export const useEarlierRolls = (): EarlierRolls => useReadCommand(HISTORY, {}, EVERY_MS);

/** Each in the words of Slack, with who has changed since the one before it; the link compares it in full. */
export function EarlierRollsView({
  rolls,
  place,
}: {
  readonly rolls: EarlierRolls;
  readonly place: Place;
}): ReactElement {
  const { report, data, refusal, again } = rolls;
  const run = place.query.get("run");
  const now = useNow();
  return (
    <>
      {run === null ? null : <Comparison key={run} run={run} />}
      <Region
        title={t("roll.earlier", "Earlier roll calls")}
        isKnown={report !== null}
        refusal={refusal}
        onRetry={again}
      >
        {() => (
          <>
            <p>{report === null ? null : <ReportText text={report.headline} now={now} />}</p>
            <ol style={{ listStyle: "none", margin: 0 }} data-testid="earlier-rolls">
              {(data as Kept).rollCalls.map(({ id, at }, index) => (
                <li key={id}>
                  <ReportText text={report?.lines[index] ?? id} now={now} /> ·{" "}
                  {t("word.ago", "{{age}} ago", { age: ageWords((now - at) / 1000) })}{" "}
                  <a href={hrefOf("roll-call", { ...Object.fromEntries(place.query), run: id })}>
                    {t("roll.compare", "Compare {{id}}", { id })}
                  </a>
                </li>
              ))}
            </ol>
          </>
        )}
      </Region>
    </>
  );
}

/** One beside the one before it of the same words. */
function Comparison({ run }: { readonly run: string }): ReactElement {
  const { report, refusal, again } = useReadCommand(HISTORY, { id: run }, EVERY_MS);
  return (
    <Region
      title={t("roll.one", "Roll call {{run}}", { run })}
      isKnown={report !== null}
      refusal={refusal}
      onRetry={again}
    >
      {() => (report === null ? null : <ReportView report={report} />)}
    </Region>
  );
}
