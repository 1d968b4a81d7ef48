import type { ApiChanges } from "@rollcall/core/change-contract.ts";
import { type ReactElement, useEffect } from "react";
import { refresh, useAnswer } from "../api/answers.ts";
import { operations } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import { useConcerns } from "../parts/concerns.ts";
import { hrefOf } from "../parts/place.ts";
import { Region } from "../parts/region.tsx";
import { useNow } from "../parts/tick.ts";
import { Timeline } from "../parts/timeline.tsx";
import { moreWords } from "../parts/words.ts";
import { t } from "../translate.ts";
import { changeEntries } from "./change-entry.ts";

const MOST = 4;
const SINCE_MS = 30 * 60_000;
const PATH = "api/v1/changes?range=30m";

/** What changed in the last half hour: versions, deployments, starts that nobody ordered, orders. */
export function Changed(): ReactElement {
  const { content, refusal } = useAnswer<ApiChanges>(PATH, 15_000);
  const { items } = useLiveList(operations);
  const now = useNow();
  const concerns = useConcerns();
  const newest = [...items.values()].reduce((latest, { createdAt }) => Math.max(latest, createdAt), 0);
  // An order that was just given is a change, too, and does not wait for the next look.
  useEffect(() => {
    if (newest > 0) void refresh(PATH);
  }, [newest]);
  const told = (content?.changes ?? []).filter(
    ({ agentCount, agents, at }) => now - at < SINCE_MS && (agentCount === 0 || concerns(agents)),
  );
  const entries = changeEntries(told, items);
  return (
    <Region
      title={t("overview.changed", "What changed, 30 min")}
      count={entries.length}
      columns={4}
      isKnown={content !== undefined}
      refusal={refusal}
    >
      {() => (
        <>
          <Timeline entries={entries.slice(0, MOST)} empty={t("overview.unchanged", "Nothing in these 30 min.")} />
          {entries.length > MOST ? <a href={hrefOf("operations")}>{moreWords(entries.length - MOST)}</a> : null}
        </>
      )}
    </Region>
  );
}
