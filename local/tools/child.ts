import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { inheritedEnvironment } from "./inherited-environment.ts";

// Checked when a program starts; one that runs for days writes more, at about 1 MB a day each.
const MAX_LOG_BYTES = 20 * 1024 * 1024;

/** How a tool's process is to be started by whoever runs the tool. */
export interface LaunchOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A process group of its own: a Ctrl-C at our terminal does not reach it, and all of it ends together. */
  readonly ownGroup?: boolean;
}

/** What to run, and where its output goes. */
export interface ChildSpec extends LaunchOptions {
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly logFile: string;
}

/** A running child process that can be ended and waited for. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Resolves to how it ended: `exit 1`, `SIGKILL`, `could not be started: …`. */
  readonly exited: Promise<string>;
  hasExited(): boolean;
  signal(signal: NodeJS.Signals): void;
  /**
   * SIGTERM (or `signal`), SIGKILL after `graceMs`; resolves when it is gone.
   * @returns whether it had to be killed
   */
  stop(options?: { signal?: NodeJS.Signals; graceMs?: number }): Promise<boolean>;
}

/** Starts a child with its output appended to a log file. */
export function startChild(spec: ChildSpec): Child {
  const log = openLog(spec.logFile);
  const child = spawn(spec.path, [...spec.args], {
    env: { ...inheritedEnvironment(), ...spec.env },
    stdio: ["ignore", log, log],
    detached: spec.ownGroup ?? false,
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    ...(spec.uid === undefined ? {} : { uid: spec.uid, gid: spec.gid ?? spec.uid }),
  });
  closeSync(log);
  return control(spec, child);
}

function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file) && statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, "a");
}

function control({ name, ownGroup }: ChildSpec, child: ChildProcess): Child {
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`could not be started: ${error.message}`));
    child.once("exit", (code, signal) => resolve(signal ?? `exit ${code}`));
  });
  const hasExited = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const send = (signal: NodeJS.Signals) => {
    if (hasExited()) return;
    try {
      process.kill((ownGroup ? -1 : 1) * (child.pid as number), signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  return {
    name,
    pid: child.pid ?? -1,
    exited,
    hasExited,
    signal: send,
    async stop({ signal = "SIGTERM", graceMs = 10_000 } = {}) {
      if (hasExited()) return false;
      let wasKilled = false;
      send(signal);
      const force = setTimeout(() => {
        wasKilled = true;
        send("SIGKILL");
      }, graceMs);
      await exited;
      clearTimeout(force);
      return wasKilled;
    },
  };
}
