import type { ReactElement } from "react";
import { agents } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import { Boundary } from "../parts/boundary.tsx";
import { hrefOf } from "../parts/place.ts";
import { StatusBadge } from "../parts/status-badge.tsx";
import { offWords, verdictWords } from "../parts/words.ts";
import { t } from "../translate.ts";

/** Badge and verdict of one agent, for pages that are not ours. */
export default function AgentStatus({ agent: id }: { readonly agent: string }): ReactElement {
  return (
    <Boundary name={id}>
      <Known id={id} />
    </Boundary>
  );
}

function Known({ id }: { readonly id: string }): ReactElement {
  const { items, at, refusal } = useLiveList(agents);
  const agent = items.get(id);
  if (agent === undefined)
    return (
      <span>
        {at === null
          ? (refusal?.message ?? t("word.reading", "Reading…"))
          : t("agent.unexpected", "Nobody expects {{id}}.", { id })}
      </span>
    );
  return (
    <span>
      <StatusBadge agent={agent} at={at} /> <a href={hrefOf(`agents/${id}`)}>{id}</a>{" "}
      {offWords(agent) ?? verdictWords(agent)}
    </span>
  );
}
