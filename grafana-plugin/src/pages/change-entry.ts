import type { ApiChange } from "@rollcall/core/change-contract.ts";
import type { Operation } from "../api/contract.ts";
import { operationEntry } from "../parts/operation-entry.tsx";
import { hrefOf } from "../parts/place.ts";
import type { Entry } from "../parts/timeline.tsx";

const MARKS: Readonly<Record<ApiChange["kind"], string>> = {
  version: "⇧",
  deployment: "⇧",
  start: "↺",
  fleet: "✎",
  operation: "○",
};

/** What changed, in the service's words, as one line of a timeline. */
function changeEntry({ id, at, kind, agents, agentCount, words, link }: ApiChange): Entry {
  const [only] = agents;
  const own = agentCount === 1 && only !== undefined ? hrefOf(`agents/${only}`) : null;
  return { id, at, mark: MARKS[kind], type: kind, words, by: null, href: link ?? own };
}

/** @param live orders by id: they are told as they stand now */
export const changeEntries = (changes: readonly ApiChange[], live: ReadonlyMap<string, Operation>): Entry[] =>
  changes.map((change) => {
    const order = live.get(change.id);
    return order === undefined ? changeEntry(change) : operationEntry(order);
  });
