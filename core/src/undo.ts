import { isEnded, type Operation } from "./domain/operation.ts";

/** What was small and can be undone, can be undone for so long (ux section 2). */
export const UNDO_MS = 10 * 60_000;

/** What takes an operation back: a command like every other, asked for by whoever presses. */
export interface TakingBack {
  readonly command: "resume" | "thaw" | "unsilence";
  readonly input: { readonly who: readonly string[] } | { readonly freeze: string } | { readonly silence: string };
}

/** The key under which an operation is taken back: two people who press are one wish. */
export const undoKey = (id: string): string => `undo:${id}`;

/**
 * What takes an ended pause, freeze or silence back.
 * @param now ms since the epoch
 * @returns null: nothing, or too late
 */
export function takingBack(operation: Operation, now: number): TakingBack | null {
  const { command, targets, endedAt, undoClosed } = operation;
  if (!isEnded(operation) || endedAt === null || undoClosed === true || now - endedAt > UNDO_MS) return null;
  if (command === "freeze") {
    const freeze = targets[0]?.memory.freeze;
    return typeof freeze === "string" ? { command: "thaw", input: { freeze } } : null;
  }
  if (command === "silence") {
    const silence = targets[0]?.memory.silence;
    return typeof silence === "string" ? { command: "unsilence", input: { silence } } : null;
  }
  if (command !== "pause") return null;
  const who = targets.filter(isPausedByIt).map(({ agent }) => agent);
  return who.length === 0 ? null : { command: "resume", input: { who } };
}

/** Not one that was off or paused anyway: it stays what it was. */
const isPausedByIt = ({ ending, memory, stages }: Operation["targets"][number]): boolean =>
  ending === "done" && memory.wasPaused !== true && stages.every(({ state }) => state === "done");
