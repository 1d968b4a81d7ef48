import type { Keeper } from "./keeper.ts";
import type { Progress, StepResult } from "./progress.ts";

/** What the steps share. */
export interface StepsOptions {
  readonly keeper: Keeper;
  readonly progress: Progress;
  /** Folder of unpacked programs. */
  readonly tools: string;
}

/** One line of a start. */
export interface Step {
  readonly title: string;
  /** @throws Error in words for the person who starts the stack */
  readonly run: (update: (detail: string) => void) => Promise<StepResult>;
}
