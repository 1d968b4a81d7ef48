import { readdirSync, readFileSync } from "node:fs";

/** A process that carries our mark in its environment; `startTicks` tells it from a later one with the same pid. */
export interface MarkedProcess {
  readonly pid: number;
  readonly startTicks: string;
  readonly command: string;
}

/**
 * Processes that were started with `name=value` in their environment, other than this one.
 * The mark survives the death of whoever started them, so nothing has to be written down beforehand.
 */
export function findMarkedProcesses(name: string, value: string): MarkedProcess[] {
  const mark = `${name}=${value}`;
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((entry) => {
      const startTicks = readStartTicks(Number(entry));
      if (startTicks === null || !read(`/proc/${entry}/environ`).split("\0").includes(mark)) return [];
      return [{ pid: Number(entry), startTicks, command: readCommand(Number(entry)) }];
    });
}

/**
 * Moment the process started, in clock ticks since boot.
 * @returns null if there is no such process, or only its exit status is left
 */
export function readStartTicks(pid: number): string | null {
  // The name in parentheses may hold spaces and parentheses of its own, so count from the last one.
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ");
  if (fields.length < 20 || fields[0] === "Z" || fields[0] === "X") return null;
  return fields[19] ?? null;
}

/** The program and its arguments, as `ps` shows them; empty if the process is gone. */
export const readCommand = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();

/** SIGTERM to all, SIGKILL after `graceMs` to those still there; resolves when all are gone. */
export async function endProcesses(processes: readonly MarkedProcess[], graceMs: number): Promise<void> {
  const alive = () => processes.filter(({ pid, startTicks }) => readStartTicks(pid) === startTicks);
  const signalAll = (signal: NodeJS.Signals) => {
    for (const { pid } of alive()) trySignal(pid, signal);
  };
  if (graceMs > 0) {
    signalAll("SIGTERM");
    await waitUntil(() => alive().length === 0, graceMs);
  }
  signalAll("SIGKILL");
  // The kernel needs a moment; a process in uninterruptible sleep may need longer than anyone wants to wait.
  await waitUntil(() => alive().length === 0, 10_000);
}

/** Sends a signal; a process that is gone already is no error. */
export function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function waitUntil(isTrue: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!isTrue() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
}

// A process may end between two reads, and those of other users are not readable: both are "not ours".
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
