import { keepSilences } from "@rollcall/core/brakes/keep-silences.ts";
import type { Adapters } from "../adapters.ts";
import type { Loop, LoopOptions } from "./loop.ts";

// A silence of a restart holds for 60 s: two rounds may fail before it ends by itself.
const SILENCES_MS = 5_000;

/** What keeps the brakes true while nobody asks. */
export function brakeLoops(
  { ports }: Pick<Adapters, "ports">,
  loop: (options: LoopOptions) => Loop,
  when: () => boolean,
): Loop[] {
  if (ports.silences === undefined) return [];
  return [
    loop({
      name: "silences",
      everyMs: SILENCES_MS,
      when,
      run: () => keepSilences(ports, { wanted: [], isOver: () => false }),
    }),
  ];
}
