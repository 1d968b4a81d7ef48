import { Store } from "./store.ts";

/** Whether the control service answers; `since` is its last answer, ms since the epoch of this browser. */
export interface Reach {
  readonly isAway: boolean;
  readonly since: number | null;
}

export const reach = new Store<Reach>({ isAway: false, since: null });
let lastAnswerAt: number | null = null;

/** It answered, whatever it said. */
export function noteAnswer(): void {
  lastAnswerAt = Date.now();
  if (reach.get().isAway) reach.set({ isAway: false, since: null });
}

/** It did not answer in time, or nobody is there. */
export function noteSilence(): void {
  if (!reach.get().isAway) reach.set({ isAway: true, since: lastAnswerAt });
}
