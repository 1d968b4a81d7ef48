import type { ReactElement } from "react";
import { liveState } from "../api/live.ts";
import { useStore } from "../api/store.ts";
import { Region } from "../parts/region.tsx";
import { useNow } from "../parts/tick.ts";
import { fixed, momentWords, moreWords } from "../parts/words.ts";
import { t } from "../translate.ts";
import type { SoFar } from "./call-roll.ts";
import { inOrder, RollTable } from "./roll-table.tsx";

const MOST_NAMED = 5;

/** What a roll call has found by now, as the live stream tells it. */
export function RunningRoll({ soFar, isOver }: { readonly soFar: SoFar; readonly isOver: boolean }): ReactElement {
  const now = useNow();
  const { rows, known, called, tookMs, at } = soFar;
  const noRoom = known - rows.size;
  return (
    <Region title={isOver ? t("roll.last-known", "Last answers known") : t("roll.so-far", "Answers so far")} isKnown>
      {() => (
        <>
          <p role="status" data-testid="roll-progress">
            {isOver ? "❔" : "⏳"} {t("roll.known", "{{known}} of {{called}} known", { known, called })}
            {waitingWords(soFar)} · {fixed(tookMs / 1000, 1)} s ·{" "}
            {t("roll.as-of", "as of {{at}}", { at: momentWords(at, now) })}
          </p>
          <RollTable rows={inOrder(rows.values())} now={now} />
          {noRoom > 0 ? (
            <p>
              {isOver ? moreWords(noRoom) : t("roll.no-room", "and {{n}} more; the answer has them all", { n: noRoom })}
            </p>
          ) : null}
        </>
      )}
    </Region>
  );
}

/** As the terminal says it: ", waiting for billing, invoices and 3 more" */
function waitingWords({ known, called, waitingFor }: SoFar): string {
  const waited = called - known;
  if (waited <= 0) return "";
  const more = waited > MOST_NAMED ? ` ${moreWords(waited - MOST_NAMED)}` : "";
  const names = `${waitingFor.slice(0, MOST_NAMED).join(", ")}${more}`;
  return `, ${t("roll.waiting-for", "waiting for {{names}}", { names })}`;
}

/** Why no rows fill in while a roll call runs. */
export function NoStream(): ReactElement | null {
  const { kind } = useStore(liveState);
  if (kind === "live") return null;
  return (
    <p role="status" style={{ gridColumn: "1 / -1", margin: 0 }}>
      {t("roll.no-stream", "The live stream is away, so no rows fill in. They all come with the answer.")}
    </p>
  );
}
