import { isEnded, type Operation } from "@rollcall/core/domain/operation.ts";
import type { Told } from "./answer.ts";
import type { SlackDoorDeps } from "./door.ts";
import { bareMessage } from "./render/asking.ts";
import { awaitEnd } from "./settled.ts";

/** What stands in a card and its thread at once; its operation has no message of its own. */
const WRITTEN: Readonly<Record<string, string>> = {
  "incident-note": "📝 Noted",
  "incident-open": "✅ Opened",
  "incident-close": "✅ Closed",
};

/** Whether the command only writes something down about an incident. */
export const isWritten = ({ command }: Pick<Operation, "command">): boolean => WRITTEN[command] !== undefined;

/** What became of it: "📝 Noted: note-3 in inc-7". */
export async function awaitWritten(accepted: Operation, { ports }: Pick<SlackDoorDeps, "ports">): Promise<Told> {
  const operation = await awaitEnd(accepted, ports);
  const { id, command, ending, error } = operation;
  const stage = operation.targets.flatMap(({ stages }) => stages).at(-1);
  const words = !isEnded(operation)
    ? `⏳ ${id} is accepted; the card will show it.`
    : ending === "done"
      ? [WRITTEN[command], ...(stage?.detail == null ? [] : [stage.detail])].join(": ")
      : `🚫 Not done: ${stage?.error ?? error ?? command}`;
  return { message: bareMessage(words), isNeedless: false };
}
