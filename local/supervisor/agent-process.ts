import { type ChildProcess, spawn } from "node:child_process";
import type { ProcessState } from "@rollcall/core/ports/supervisor.ts";
import { openOutputLog } from "./output-log.ts";

const LAST_ERRORS = 5;
const MAX_LINE = 2_000;
const MAX_LOG_BYTES = 5 * 1024 * 1024;

export interface AgentProgram {
  readonly agent: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly logFile: string;
}

/** One run of an agent's program. */
export interface AgentProcess {
  readonly pid: number;
  /** How it ended, once it has. */
  readonly exited: Promise<NonNullable<ProcessState["exit"]>>;
  state(): ProcessState;
  /** To its whole process group, so that what it started ends with it. */
  signal(signal: NodeJS.Signals): void;
}

/** Starts the program. @throws Error if the operating system refuses to start it */
export async function startAgentProcess(program: AgentProgram): Promise<AgentProcess> {
  const log = openOutputLog(program.logFile, MAX_LOG_BYTES);
  const startedAt = Date.now();
  const lastErrors: string[] = [];
  let exit: ProcessState["exit"] = null;
  const child = spawn(program.path, [...program.args], {
    cwd: program.cwd,
    env: { ...program.env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  forwardLines(child.stdout, log.write);
  forwardLines(child.stderr, (line) => {
    log.write(line);
    lastErrors.push(line.trimEnd());
    if (lastErrors.length > LAST_ERRORS) lastErrors.shift();
  });
  // The pipes may be held open by a grandchild; the process itself is what counts.
  const exited: AgentProcess["exited"] = new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      const ended = { code, signal, at: Date.now() };
      exit = ended;
      setImmediate(resolve, ended);
    });
  });
  child.once("close", () => log.close());
  const pid = await spawned(child);
  return {
    pid,
    exited,
    state: () => ({
      agent: program.agent,
      state: exit === null ? "running" : "exited",
      pid: exit === null ? pid : null,
      startedAt,
      exit,
      lastErrors: [...lastErrors],
    }),
    signal: (signal) => signalGroup(child, pid, signal),
  };
}

function spawned(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("spawn", () => resolve(child.pid as number));
    child.once("error", reject);
  });
}

function signalGroup(child: ChildProcess, pid: number, signal: NodeJS.Signals): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function forwardLines(stream: NodeJS.ReadableStream | null, write: (line: string) => void): void {
  let rest = "";
  stream?.setEncoding("utf8");
  stream?.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    // A program that writes without line ends may not fill our memory.
    if (rest.length > MAX_LINE) {
      lines.push(rest);
      rest = "";
    }
    for (const line of lines) write(`${line.slice(0, MAX_LINE)}\n`);
  });
  stream?.on("end", () => {
    if (rest !== "") write(`${rest}\n`);
  });
}
