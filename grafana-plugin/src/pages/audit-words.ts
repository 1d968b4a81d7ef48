import type { AuditRow } from "../api/contract.ts";
import { endedWords, listed } from "../parts/words.ts";

/** "restart billing: allowed (role-operator)", "restart billing: recovered in 6.3 s", "signed in: allowed" */
export function auditWords(
  row: Pick<AuditRow, "event" | "action" | "command" | "targets" | "decision" | "rule" | "reason" | "detail">,
): string {
  const { event, action, command, targets, decision, rule, reason } = row;
  const what = [(command ?? action ?? event).replaceAll("-", " "), listed(targets, 3)]
    .filter((part) => part !== "")
    .join(" ");
  const why = [rule, reason].filter((part) => part !== null).join(", ");
  const became = decision ?? endingOf(row) ?? (command === null ? null : (action ?? event).replaceAll("-", " "));
  return `${what}${became === null ? "" : `: ${became}`}${why === "" ? "" : ` (${why})`}`;
}

/** What a row says of the end of what it is about. */
function endingOf({ detail: { ending, seconds } }: Pick<AuditRow, "detail">): string | null {
  if (typeof ending !== "string") return null;
  return endedWords(ending.replaceAll("-", " "), typeof seconds === "number" ? seconds : null);
}
