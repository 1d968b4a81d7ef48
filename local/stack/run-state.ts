import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { readStartTicks } from "../tools/own-processes.ts";

const processRow = z.object({
  name: z.string(),
  state: z.enum(["running", "ended", "waiting to restart", "held"]),
  pid: z.number().nullable(),
  port: z.number().nullable(),
  startedAt: z.number(),
  restarts: z.number(),
  /** How it ended last. */
  ending: z.string().nullable(),
});
const runState = z.object({
  launcher: z.object({ pid: z.number(), startTicks: z.string() }),
  phase: z.enum(["starting", "ready", "stopping", "stopped"]),
  startedAt: z.number(),
  fleet: z.string(),
  processes: z.array(processRow),
  /** What the end was like, for whoever asked for it. */
  stopped: z.object({ processes: z.number(), seconds: z.number() }).nullable(),
});
/** One process of the stack itself; the agents are known by the supervisor. */
export type ProcessRow = z.infer<typeof processRow>;
/** What `npm run status` and `npm stop` know of a stack that another process keeps. */
export type RunState = z.infer<typeof runState>;

export function writeRunState(file: string, state: RunState): void {
  writeFileSync(`${file}.part`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.part`, file);
}

/** @returns null if there never was a start here, or the file is not readable as one */
export function readRunState(file: string): RunState | null {
  if (!existsSync(file)) return null;
  try {
    return runState.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return null;
  }
}

/** Whether the process that keeps the stack is still there. */
export const hasLauncher = (state: RunState): boolean =>
  readStartTicks(state.launcher.pid) === state.launcher.startTicks;
