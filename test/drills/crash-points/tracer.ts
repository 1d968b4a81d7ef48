import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findTool } from "@rollcall/local/tools/find-tool.ts";

/** What a process does to the world: each is a moment before which it can die. */
export const OUTPUT_CALLS = ["write", "writev", "sendto", "sendmsg", "pwrite64", "fsync", "fdatasync"] as const;
export type OutputCall = (typeof OUTPUT_CALLS)[number];

/** A process dies in place of the `at`-th call of this kind that one of its threads makes. */
export interface CrashPoint {
  readonly call: OutputCall;
  readonly at: number;
}

/** Calls that were made, by kind; of several threads the busiest counts, because calls are counted by thread. */
export type CallCounts = Readonly<Record<OutputCall, number>>;

/** One process that is followed from its first call on. */
export interface Traced {
  /** What to write in front of its program. */
  readonly prefix: readonly string[];
  counts(): Promise<CallCounts>;
}

/** Follows processes by strace, and ends them at their crash points. */
export interface Tracer {
  /** @param point where it dies; null: its calls are only counted */
  trace(point: CrashPoint | null): Traced;
}

/** @throws Error that says what to install where strace cannot be had, or may not follow a process here */
export async function openTracer(folder: string, toolsDir: string): Promise<Tracer> {
  const strace = await findTool("strace", toolsDir);
  const env = { PATH: process.env.PATH, ...strace.env };
  await promisify(execFile)(strace.path, ["-f", "-o", "/dev/null", "true"], { env, timeout: 10_000 }).catch(
    (error: unknown) => {
      throw new Error("strace may not follow a process here: crash points need the right to trace (CAP_SYS_PTRACE)", {
        cause: error,
      });
    },
  );
  // Its libraries are for itself, not for what it runs.
  const [, library] = Object.entries(strace.env)[0] ?? [];
  const start =
    library === undefined
      ? [strace.path]
      : ["/usr/bin/env", `LD_LIBRARY_PATH=${library}`, strace.path, "-E", "LD_LIBRARY_PATH"];
  let files = 0;
  return {
    trace(point) {
      files += 1;
      const file = join(folder, `calls-${files}`);
      const inject = point === null ? [] : ["-e", `inject=${point.call}:signal=KILL:when=${point.at}`];
      // Without --seccomp-bpf: with it strace 6.1 lets its victims live.
      const options = ["-f", "-s", "0", "-o", file, "-e", `trace=${OUTPUT_CALLS.join(",")}`, ...inject];
      return { prefix: [...start, ...options], counts: () => countCalls(file) };
    },
  };
}

/** Whether the process came as far as its point. */
export const wasReached = (counts: CallCounts, { call, at }: CrashPoint): boolean => counts[call] >= at;

/** `4711 write(1, ""..., 5) = 5`; a call that another thread interrupts has a second line, without `(`. */
const CALL_LINE = /^(\d+) +([a-z0-9]+)\(/;

async function countCalls(file: string): Promise<CallCounts> {
  const counts = Object.fromEntries(OUTPUT_CALLS.map((call) => [call, 0])) as Record<OutputCall, number>;
  const byThread = new Map<string, number>();
  for (const line of (await readFile(file, "utf8").catch(() => "")).split("\n")) {
    const [, thread, name] = CALL_LINE.exec(line) ?? [];
    const call = OUTPUT_CALLS.find((one) => one === name);
    if (call === undefined) continue;
    const key = `${thread} ${call}`;
    const made = (byThread.get(key) ?? 0) + 1;
    byThread.set(key, made);
    counts[call] = Math.max(counts[call], made);
  }
  return counts;
}
