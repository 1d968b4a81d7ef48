import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY, shownPath } from "../stack/layout.ts";
import { readSettings } from "../stack/settings.ts";
import { type Stack, StartFailure } from "../stack.ts";

/** The data folder that the settings ask for. */
export const chosenDataDir = (): string =>
  readSettings(join(REPOSITORY, ".env")).ROLLCALL_DATA_DIR || join(REPOSITORY, ".rollcall");

/** First line of a start. */
export function banner(howToStop: string): string {
  const { version } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as { version: string };
  const isFirst = !existsSync(join(chosenDataDir(), "secrets.json"));
  return [
    `Rollcall ${version} on Node ${process.versions.node}`,
    `data in ${shownPath(chosenDataDir())}`,
    ...(isFirst ? ["first start, about 60 s"] : []),
    howToStop,
  ].join(" · ");
}

/** One line: what is wrong and how to mend it. */
export function failureLine(error: unknown): string {
  if (!(error instanceof StartFailure)) return `✗ ${error instanceof Error ? error.stack : error}`;
  const step = error.step === null ? "" : `${error.step}: `;
  return `✗ ${step}${error.message.replace(/([^.])$/, "$1.")}${error.isRunning ? "" : " Nothing is left running."}`;
}

/** Last line of a stack. */
export const stoppedLine = ({ processes, seconds }: { processes: number; seconds: number }): string =>
  `Stopped ${processes} processes in ${seconds.toFixed(1)} s. Data kept.`;

/** Stops a stack, saying every two seconds that it is still at it. */
export async function stopAloud(stack: Stack): Promise<string> {
  const begin = Date.now();
  const timer = setInterval(() => console.log(stoppingLine(Date.now() - begin)), 2_000);
  try {
    return stoppedLine(await stack.stop());
  } finally {
    clearInterval(timer);
  }
}

export const stoppingLine = (ms: number): string => `stopping, ${Math.round(ms / 1000)} s`;

const ASKED = "asked to stop";

/** Aborted by the first Ctrl-C, SIGTERM or SIGHUP, when the npm that runs us is gone, and by a mistake of ours. */
export function catchSignals(): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort(ASKED);
  // To end without stopping the stack would leave it behind.
  process.on("uncaughtException", (error) => {
    console.error(error);
    controller.abort(error);
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, abort);
  if (process.env.npm_lifecycle_event !== undefined) onParentDeath(abort);
  return controller.signal;
}

/** Exit code of a stack that was stopped. */
export const exitCodeOf = (interrupted: AbortSignal): number => (interrupted.reason === ASKED ? 0 : 1);

// npm hands a SIGTERM to its shell, which ends without handing it on.
function onParentDeath(act: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    act();
  }, 500);
  timer.unref();
}

/** Keeps the process alive until then. */
export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const alive = setInterval(() => undefined, 60_000);
    const end = () => {
      clearInterval(alive);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
