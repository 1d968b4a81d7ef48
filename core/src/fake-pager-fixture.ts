import type { Pager } from "./ports/pager.ts";

/** A pager that only notes what it is told. @param unlessAway throws while it is away */
export function fakePager(effects: string[], unlessAway: () => void): Pager {
  const note = async (what: string): Promise<void> => {
    unlessAway();
    effects.push(what);
  };
  return {
    acknowledge: (key) => note(`page ${key.slice(0, 6)}`),
    ringAgain: (_, { summary }) => note(`ring again: ${summary}`),
    resolve: (key) => note(`resolve ${key.slice(0, 6)}`),
  };
}
