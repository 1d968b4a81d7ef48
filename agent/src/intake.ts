/** Whether an agent takes new work off the bus and begins it. */
export interface Intake {
  /** `draining`: what it holds is finished, and nothing new is taken. */
  state(): "open" | "paused" | "draining";
  pause(): void;
  resume(): void;
  drain(): void;
  /** Resolves when new work may be taken; also when the signal aborts. */
  opened(signal: AbortSignal): Promise<void>;
}

/** @param hold lets what is waiting for the work loop wait on, or go on */
export function createIntake(hold: (isHeld: boolean) => void): Intake {
  let state: "open" | "paused" | "draining" = "open";
  let waiting: (() => void)[] = [];
  const become = (next: typeof state): void => {
    state = next;
    hold(next === "paused");
    if (next !== "open") return;
    for (const goOn of waiting.splice(0)) goOn();
  };
  return {
    state: () => state,
    pause: () => become("paused"),
    resume: () => become("open"),
    drain: () => become("draining"),
    async opened(signal) {
      while (state !== "open" && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const goOn = (): void => {
            signal.removeEventListener("abort", goOn);
            waiting = waiting.filter((one) => one !== goOn);
            resolve();
          };
          waiting.push(goOn);
          signal.addEventListener("abort", goOn, { once: true });
        });
      }
    },
  };
}
