import { watchAlerts } from "../stack/alert-watch.ts";
import { showProgress } from "../stack/progress.ts";
import { readyLines } from "../stack/ready-table.ts";
import { startStack } from "../stack.ts";
import { KEEP, keepDetached, startDetached } from "./detach.ts";
import { banner, catchSignals, exitCodeOf, failureLine, stopAloud, untilAborted } from "./shared-words.ts";

/** `npm start`. @returns the exit code */
export async function run(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== KEEP && arg !== "--detach");
  if (unknown !== undefined) {
    console.error(`✗ Unknown option ${unknown}. Allowed: --detach, --help.`);
    return 1;
  }
  if (args.includes(KEEP)) return keepDetached();
  return args.includes("--detach") ? startDetached() : runInForeground();
}

async function runInForeground(): Promise<number> {
  const interrupted = catchSignals();
  const begin = Date.now();
  console.log(banner("Ctrl-C stops everything"));
  const progress = showProgress();
  try {
    const stack = await startStack({ progress, signal: interrupted });
    for (const line of readyLines(stack, (Date.now() - begin) / 1000)) console.log(line);
    const alerts = watchAlerts(stack.addresses.alertmanager, console.log);
    await untilAborted(interrupted);
    alerts.stop();
    console.log(await stopAloud(stack));
    return exitCodeOf(interrupted);
  } catch (error) {
    progress.close();
    console.error(failureLine(error));
    return 1;
  } finally {
    progress.close();
  }
}
