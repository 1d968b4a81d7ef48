import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { join } from "node:path";
import { watchAlerts } from "../stack/alert-watch.ts";
import { layOut, REPOSITORY } from "../stack/layout.ts";
import { type StepResult, showProgress } from "../stack/progress.ts";
import { readyLines } from "../stack/ready-table.ts";
import { startStack } from "../stack.ts";
import {
  banner,
  catchSignals,
  chosenDataDir,
  exitCodeOf,
  failureLine,
  stoppedLine,
  untilAborted,
} from "./shared-words.ts";

/** Tells the process that keeps a detached stack from the command that started it. */
export const KEEP = "--keep";

type Message =
  | { readonly kind: "begin"; readonly step: number; readonly title: string }
  | { readonly kind: "update"; readonly detail: string }
  | { readonly kind: "done"; readonly result: StepResult & { readonly seconds: number } }
  | { readonly kind: "say"; readonly sentence: string }
  | { readonly kind: "ready"; readonly lines: readonly string[] }
  | { readonly kind: "failed"; readonly line: string };

/** Starts a keeper in the background and shows what it reports until the stack is ready. @returns the exit code */
export function startDetached(): Promise<number> {
  console.log(banner("npm stop ends it"));
  const logFile = join(layOut(chosenDataDir()).logs, "launcher.log");
  const log = openSync(logFile, "a");
  const keeper = spawn(process.execPath, [join(REPOSITORY, "local/launch.mjs"), "start", KEEP], {
    cwd: process.cwd(),
    // It outlives the npm that runs us.
    env: { ...process.env, npm_lifecycle_event: undefined },
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
  });
  catchSignals().addEventListener("abort", () => keeper.kill("SIGTERM"));
  const progress = showProgress();
  return new Promise((resolve) => {
    const end = (code: number) => {
      progress.close();
      keeper.removeAllListeners();
      if (keeper.connected) keeper.disconnect();
      keeper.unref();
      resolve(code);
    };
    const take: { [Kind in Message["kind"]]: (message: Extract<Message, { kind: Kind }>) => void } = {
      begin: ({ step, title }) => progress.begin(step, title),
      update: ({ detail }) => progress.update(detail),
      done: ({ result }) => progress.done(result),
      say: ({ sentence }) => progress.say(sentence),
      ready({ lines }) {
        for (const line of lines) console.log(line);
        end(0);
      },
      failed({ line }) {
        progress.close();
        console.error(line);
        end(1);
      },
    };
    keeper.on("message", (message: Message) => (take[message.kind] as (message: Message) => void)(message));
    keeper.once("exit", (code, signal) => {
      progress.close();
      console.error(`✗ The start ended early (${signal ?? `exit ${code}`}). See ${logFile}, then run npm stop.`);
      end(1);
    });
  });
}

/** What runs in the background: as in the foreground, but it reports to whoever started it, and to its log. */
export async function keepDetached(): Promise<number> {
  const begin = Date.now();
  const interrupted = catchSignals();
  // The one who started us may be gone; the stack is to run on.
  process.on("disconnect", () => undefined);
  const tell = (message: Message) => {
    if (process.connected) process.send?.(message, () => undefined);
  };
  const say = (sentence: string) => {
    tell({ kind: "say", sentence });
    console.log(`${new Date().toISOString()} ${sentence}`);
  };
  try {
    const progress = {
      begin: (step: number, title: string) => tell({ kind: "begin", step, title }),
      update: (detail: string) => tell({ kind: "update", detail }),
      done: (result: StepResult & { readonly seconds: number }) => tell({ kind: "done", result }),
      say,
    };
    const stack = await startStack({ signal: interrupted, progress });
    const seconds = (Date.now() - begin) / 1000;
    console.log(`${new Date().toISOString()} ready in ${seconds.toFixed(1)} s`);
    tell({ kind: "ready", lines: readyLines(stack, seconds) });
    const alerts = watchAlerts(stack.addresses.alertmanager, say);
    await untilAborted(interrupted);
    alerts.stop();
    console.log(`${new Date().toISOString()} ${stoppedLine(await stack.stop())}`);
    return exitCodeOf(interrupted);
  } catch (error) {
    tell({ kind: "failed", line: failureLine(error) });
    console.error(`${new Date().toISOString()} ${failureLine(error)}`);
    return 1;
  } finally {
    if (process.connected) process.disconnect();
  }
}
