import { spawnSync } from "node:child_process";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Ends of the names under which a secret may come instead of by its own name. */
export const FILE_SUFFIX = "_FILE";
export const COMMAND_SUFFIX = "_COMMAND";

/** Longest time for a vault program; a start that hangs for ever is worse than one that says why. */
const COMMAND_TIMEOUT_MS = 10_000;
/** A key file of a service account has 2 kB. */
const MOST_BYTES = 64 * 1024;
const ANYBODY_ELSE = 0o077;

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a secret's sources gave. Nothing of it is ever in `problem` or `warning`. */
export interface FoundSecret {
  /** undefined: not set at all, or there is a problem. */
  readonly value?: string;
  readonly problem?: string;
  readonly warning?: string;
}

export interface SourceOptions {
  /** Whether a file that others can read is refused. */
  readonly production: boolean;
  /** Names of all secrets: a vault program is not given any of them. */
  readonly secrets: readonly string[];
  readonly commandTimeoutMs?: number;
}

/** Looks for a secret in its variable, in the file that NAME_FILE names, or in the output of the program NAME_COMMAND. */
export function findSecret(name: string, environment: Environment, options: SourceOptions): FoundSecret {
  const set = ["", FILE_SUFFIX, COMMAND_SUFFIX].filter((suffix) => environment[`${name}${suffix}`]);
  if (set.length > 1)
    return { problem: `${set.map((suffix) => name + suffix).join(" and ")} are set: one of them is enough` };
  const value = environment[`${name}${set[0] ?? ""}`];
  if (set[0] === undefined || value === undefined) return {};
  if (set[0] === FILE_SUFFIX) return readFile(name, value, options);
  if (set[0] === COMMAND_SUFFIX) return runCommand(name, value, { ...options, environment });
  return { value };
}

/** A path is not shown either: it may be a secret in the wrong place. */
function readFile(name: string, path: string, { production }: SourceOptions): FoundSecret {
  const about = `the file that ${name}${FILE_SUFFIX} names`;
  let handle: number;
  try {
    handle = openSync(path, "r");
  } catch (error) {
    return { problem: `${about} cannot be read (${(error as NodeJS.ErrnoException).code})` };
  }
  try {
    const found = fstatSync(handle);
    if (!found.isFile()) return { problem: `${about} is no file` };
    if (found.size > MOST_BYTES) return { problem: `${about} is larger than ${MOST_BYTES / 1024} kB` };
    const buffer = Buffer.alloc(found.size);
    const value = buffer.toString("utf8", 0, readSync(handle, buffer, 0, found.size, 0)).trim();
    if (value === "") return { problem: `${about} is empty` };
    if ((found.mode & ANYBODY_ELSE) === 0) return { value };
    const open = `${about} can be read by others (mode ${(found.mode & 0o777).toString(8)}): chmod 600 it`;
    return production ? { problem: open } : { value, warning: open };
  } finally {
    closeSync(handle);
  }
}

function runCommand(
  name: string,
  text: string,
  { environment, secrets, commandTimeoutMs = COMMAND_TIMEOUT_MS }: SourceOptions & { environment: Environment },
): FoundSecret {
  const about = `the program of ${name}${COMMAND_SUFFIX}`;
  const argv = argvOf(text);
  if (argv === null)
    return { problem: `${name}${COMMAND_SUFFIX} is not a program with its arguments as JSON: ["vault", "read", "…"]` };
  const run = spawnSync(argv[0] as string, argv.slice(1), {
    env: Object.fromEntries(Object.entries(environment).filter(([variable]) => !secrets.includes(variable))),
    stdio: ["ignore", "pipe", "ignore"],
    timeout: commandTimeoutMs,
    killSignal: "SIGKILL",
    maxBuffer: MOST_BYTES,
    encoding: "utf8",
  });
  const code = (run.error as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ETIMEDOUT") return { problem: `${about} did not end within ${commandTimeoutMs / 1000} s` };
  if (code === "ENOBUFS") return { problem: `${about} said more than ${MOST_BYTES / 1024} kB` };
  if (code !== undefined) return { problem: `${about} cannot be run (${code})` };
  if (run.status !== 0)
    return { problem: `${about} ended with ${run.signal ?? `code ${run.status}`}; its output is not shown` };
  const value = run.stdout.trim();
  return value === "" ? { problem: `${about} said nothing` } : { value };
}

function argvOf(text: string): string[] | null {
  try {
    const argv: unknown = JSON.parse(text);
    const isArgv = Array.isArray(argv) && argv.length > 0 && argv.every((word) => typeof word === "string");
    return isArgv && argv[0] !== "" ? (argv as string[]) : null;
  } catch {
    return null;
  }
}
