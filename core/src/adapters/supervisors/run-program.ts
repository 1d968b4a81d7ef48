import { type ExecFileException, execFile } from "node:child_process";
import { Failure } from "../../domain/failure.ts";

/** A program of the machine that is asked by its command line, never by a shell. */
export interface Program {
  /** As people call it, for what is said. */
  readonly label: string;
  readonly path: string;
  /** All that it sees of our environment: none of our secrets. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Of more output only the beginning is read, and the program is ended; left out: more than 32 MB is an error. */
  readonly mostBytes?: number;
}

/** What a program said, whatever it ended with. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly error: string;
  /** There is more of it that was not read. */
  readonly isCut: boolean;
}

// `pm2 jlist` says about 10 kB for each process.
const MOST_OUTPUT_BYTES = 32 * 1024 * 1024;

/** @throws Failure "unavailable" if it is not there, does not end in time, or is ended by a signal */
export function runProgram(program: Program, args: readonly string[]): Promise<Said> {
  const { label, path, env, timeoutMs, mostBytes } = program;
  const maxBuffer = mostBytes ?? MOST_OUTPUT_BYTES;
  const options = { timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer, env } as const;
  return new Promise((resolve, reject) => {
    execFile(path, args, { ...options, encoding: "utf8" }, (caught, out, error) => {
      const code = caught === null ? 0 : caught.code;
      if (typeof code === "number") return resolve({ code, out, error, isCut: false });
      const isCut = mostBytes !== undefined && code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER";
      if (isCut) return resolve({ code: 0, out, error, isCut });
      reject(new Failure("unavailable", `${label} ${whyNot(caught, timeoutMs)}`, { cause: caught }));
    });
  });
}

const whyNot = (caught: ExecFileException | null, timeoutMs: number): string =>
  caught?.killed ? `does not answer within ${timeoutMs / 1000} s` : `cannot be run: ${String(caught?.code)}`;
