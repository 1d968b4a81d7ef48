import type { Operation } from "../api/contract.ts";
import { hrefOf } from "./place.ts";
import { ProgressTracker } from "./progress-tracker.tsx";
import type { Entry } from "./timeline.tsx";
import { doorWords, endedWords, listed, operationWords } from "./words.ts";

/** "restart billing" */
export const wishWords = ({ command, targets, input }: Pick<Operation, "command" | "targets" | "input">): string => {
  const agents = targets.map(({ agent }) => agent);
  // A run of diagnostics has its checks where others have agents: who asked named a suite.
  const words =
    agents.length > 0 && command !== "diag-run"
      ? listed(agents)
      : Object.values((input ?? {}) as object)
          .flat()
          .map(String)
          .join(" ");
  return `${command.replaceAll("-", " ")} ${words}`.trim();
};

/** An operation as one line of a timeline. */
export function operationEntry(operation: Operation): Entry {
  const { id, createdAt, endedAt, error } = operation;
  const { mark, word } = operationWords(operation);
  const became = endedWords(word, endedAt === null ? null : (endedAt - createdAt) / 1000);
  return {
    id,
    at: createdAt,
    mark,
    type: operation.command.replaceAll("-", " "),
    state: word,
    words: `${wishWords(operation)}: ${became}${error === null ? "" : ` — ${error}`}`,
    by: `${doorWords(operation)}, ${id}`,
    href: hrefOf(`operations/${id}`),
  };
}

/** The same, which opens to its stages and to what was measured before and after. */
export const openableEntry = (operation: Operation): Entry => ({
  ...operationEntry(operation),
  detail: () => <ProgressTracker operation={operation} />,
});
