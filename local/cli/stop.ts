import { layOut, STACK_MARK } from "../stack/layout.ts";
import { hasLauncher, type RunState, readRunState } from "../stack/run-state.ts";
import { endProcesses, findMarkedProcesses, trySignal } from "../tools/own-processes.ts";
import { chosenDataDir, stoppedLine, stoppingLine } from "./shared-words.ts";

// Agents may take 7 s to finish their item, the stores come after them.
const STOPPED_WITHIN_MS = 60_000;
const SAY_EVERY_MS = 2_000;

/** `npm stop`. @returns the exit code */
export async function run(): Promise<number> {
  const layout = layOut(chosenDataDir());
  const state = readRunState(layout.stateFile);
  if (state !== null && hasLauncher(state)) return stopLauncher(state, layout.stateFile);
  const leftOvers = findMarkedProcesses(STACK_MARK, layout.root);
  if (leftOvers.length === 0) {
    console.log(`Nothing was running with the data in ${layout.root}.`);
    return 0;
  }
  await endProcesses(leftOvers, 5_000);
  console.log(`Stopped ${leftOvers.length} processes that an earlier start left behind. Data kept.`);
  return 0;
}

async function stopLauncher(state: RunState, stateFile: string): Promise<number> {
  trySignal(state.launcher.pid, "SIGTERM");
  const begin = Date.now();
  let said = begin;
  while (hasLauncher(state)) {
    const now = Date.now();
    if (now - begin > STOPPED_WITHIN_MS) {
      console.error(
        `✗ pid ${state.launcher.pid} still runs after ${STOPPED_WITHIN_MS / 1000} s. Kill it, then run npm stop again.`,
      );
      return 1;
    }
    if (now - said > SAY_EVERY_MS) {
      console.log(stoppingLine(now - begin));
      said = now;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const stopped = readRunState(stateFile)?.stopped ?? null;
  console.log(stopped === null ? "Stopped before it was ready. Data kept." : stoppedLine(stopped));
  return 0;
}
