import { plain } from "../fleet-words.ts";
import type { ProcessState } from "../ports/supervisor.ts";

/** How a process has ended: `exit 1`, `exit SIGKILL`. */
export const exitWords = ({ exit }: ProcessState): string => `exit ${exit?.code ?? exit?.signal ?? "unknown"}`;

/** The last thing a process complained of, to stand behind how it ended: `: "cannot read key.pem"`; empty if it said nothing. */
export function lastErrorWords({ lastErrors }: ProcessState): string {
  const last = lastErrors.findLast((line) => line.trim() !== "");
  return last === undefined ? "" : `: "${plain(last.trim(), 120)}"`;
}
