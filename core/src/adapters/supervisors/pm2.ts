import { open } from "node:fs/promises";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import { Failure } from "../../domain/failure.ts";
import type { Runtime, RuntimeState } from "../../ports/runtime.ts";
import { followPm2 } from "./pm2-logs.ts";
import { type Program, runProgram } from "./run-program.ts";

const LABEL = "PM2";
// Measured with PM2 7.0.4 on 2 cores: 0.3 s of processor time for each call, 2.4 s where it starts its daemon first.
const CLI_TIMEOUT_MS = 15_000;
// One reading serves all who ask within this time: a stage that waits looks every 0.1 s.
const READING_MS = 500;

// What PM2 7 says of a process; `jlist` says a hundred fields more.
const listed = z.object({
  name: z.string(),
  pid: z.number().int(),
  pm_id: z.number().int(),
  monit: z.object({ memory: z.number() }).optional(),
  pm2_env: z.object({
    status: z.string(),
    restart_time: z.number().int().optional(),
    exit_code: z.union([z.number(), z.string()]).nullish(),
    pm_uptime: z.number(),
    pm_out_log_path: z.string().optional(),
    pm_err_log_path: z.string().optional(),
  }),
});
/** One process as PM2 lists it: `pm_uptime` is when it started, in ms; `monit.memory` is in bytes. */
export type Pm2Process = z.infer<typeof listed>;

/** Where PM2 is. */
export interface Pm2Options {
  /** Its command, `pm2` or a path. */
  readonly path: string;
  /** PATH, HOME and the like; `PM2_HOME` if the daemon is not that of HOME. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Processes kept by PM2, asked by its command line as the same user and on the same machine. They are registered once by hand
 * (`pm2 start … --name billing`); an unknown name is said, never made. How long an end may take is PM2's `kill_timeout`.
 */
export function createPm2({ path, env }: Pm2Options): Runtime {
  const program: Program = { label: LABEL, path, env, timeoutMs: CLI_TIMEOUT_MS };
  const read = shareReading(() => listPm2({ path, env }));
  const ended = new Map<string, { readonly startedAt: number; readonly at: number }>();

  /** PM2 does not keep when a process ended, so it is when that was seen first. */
  const endedAt = (name: string, startedAt: number): number => {
    const known = ended.get(name);
    const at = known?.startedAt === startedAt ? known.at : Date.now();
    ended.set(name, { startedAt, at });
    return at;
  };
  const change = async (verb: "start" | "stop", name: string): Promise<void> => {
    if ((await find(await read.fresh(), name)) === null) {
      throw new Failure("unavailable", `${LABEL} knows no process ${name}`, {
        next: `Register it once: pm2 start PROGRAM --name ${name}`,
      });
    }
    const { code, error } = await runProgram(program, [verb, name, "--silent"]);
    read.forget();
    if (code !== 0) throw new Failure("unavailable", `${LABEL} did not ${verb} ${name}: ${plainWords(error)}`);
  };
  return {
    label: LABEL,
    async inspect(name) {
      const found = find(await read.recent(), name);
      return found === null ? null : stateOf(found, endedAt);
    },
    start: (name) => change("start", name),
    stop: (name) => change("stop", name),
    logs: followPm2(read.recent),
  };
}

/**
 * All processes that PM2 keeps. Where its daemon does not run, asking starts it.
 * @throws Failure "unavailable"
 */
export async function listPm2({ path, env }: Pm2Options, timeoutMs = CLI_TIMEOUT_MS): Promise<Pm2Process[]> {
  const program: Program = { label: LABEL, path, env, timeoutMs };
  const { code, out, error } = await runProgram(program, ["jlist", "--silent"]);
  if (code !== 0) throw new Failure("unavailable", `${LABEL} does not list: ${plainWords(error || out)}`);
  // Where it starts its daemon first it says so before the list, in lines of their own.
  const line = out.split("\n").findLast((text) => text.startsWith("[{") || text.trim() === "[]");
  try {
    return z.array(listed).parse(JSON.parse(line ?? ""));
  } catch (cause) {
    throw new Failure("unavailable", `${LABEL} lists in another form than version 7 does`, { cause });
  }
}

/** A name may stand for several processes of a cluster: the one that runs counts. */
function find(list: readonly Pm2Process[], name: string): Pm2Process | null {
  const named = list.filter((one) => one.name === name);
  return named.find(({ pid }) => pid > 0) ?? named[0] ?? null;
}

type EndedAt = (name: string, startedAt: number) => number;

async function stateOf({ name, pid, pm2_env }: Pm2Process, endedAt: EndedAt): Promise<RuntimeState> {
  const { status, exit_code, pm_uptime, pm_err_log_path } = pm2_env;
  const lastErrors = pm_err_log_path === undefined ? [] : await lastLines(pm_err_log_path);
  if (pid > 0) return { state: "running", pid, startedAt: pm_uptime, exit: null, lastErrors };
  // Registered, and PM2 is about to run it.
  if (status === "launching" || status === "waiting restart") {
    return { state: "exited", pid: null, startedAt: pm_uptime, exit: null, lastErrors };
  }
  const exit = { ...codeAndSignal(exit_code), at: endedAt(name, pm_uptime) };
  return { state: "exited", pid: null, startedAt: pm_uptime, exit, lastErrors };
}

/** PM2 gives a number, or the signal's name where a signal ended it. */
const codeAndSignal = (code: number | string | null | undefined): { code: number | null; signal: string | null } =>
  typeof code === "string" ? { code: null, signal: code } : { code: code ?? null, signal: null };

const TAIL_BYTES = 8192;

async function lastLines(path: string): Promise<string[]> {
  const file = await open(path).catch(() => null);
  if (file === null) return [];
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, start);
    const lines = buffer.toString("utf8", 0, bytesRead).split("\n");
    return lines.filter((line) => line.trim() !== "").slice(-5);
  } finally {
    await file.close();
  }
}

const plainWords = (text: string): string =>
  stripVTControlCharacters(text).trim().split("\n").at(-1)?.slice(0, 200) ?? "";

/** Who asks while a reading is under way, or soon after it, shares it. */
function shareReading<Result>(read: () => Promise<Result>) {
  let last: { readonly result: Promise<Result>; readonly at: number } | null = null;
  const fresh = (): Promise<Result> => {
    const result = read();
    const reading = { result, at: performance.now() };
    last = reading;
    // A failure is for those who asked; the next one asks again.
    result.catch(() => {
      if (last === reading) last = null;
    });
    return result;
  };
  return {
    fresh,
    recent: (): Promise<Result> => (last !== null && performance.now() - last.at < READING_MS ? last.result : fresh()),
    forget: (): void => {
      last = null;
    },
  };
}
