import { isEnded, type Operation } from "@rollcall/core/domain/operation.ts";
import { clockTime, foreign, nameSome } from "./text.ts";

type Muting = Pick<Operation, "id" | "state" | "targets">;

/** "alerts of billing muted by op-481 until 02:43:30", or why they could not be; null once nothing of it holds. */
export function mutedWords({ id, state, targets }: Muting, now: number): string | null {
  if (isEnded({ state })) return null;
  const muted = targets.flatMap(({ agent, ending, memory: { mutedUntil } }) =>
    ending === null && typeof mutedUntil === "number" && mutedUntil > now ? [{ agent, mutedUntil }] : [],
  );
  if (muted.length > 0) {
    const until = Math.max(...muted.map(({ mutedUntil }) => mutedUntil));
    const names = nameSome(muted.map(({ agent }) => foreign(agent, 63)));
    return `alerts of ${names} muted by ${id} until ${clockTime(until)}`;
  }
  const rings = targets.find(({ ending, memory }) => ending === null && typeof memory.notMuted === "string");
  return rings === undefined
    ? null
    : `alerts of ${foreign(rings.agent, 63)} could not be muted: ${foreign(String(rings.memory.notMuted), 100)}`;
}
