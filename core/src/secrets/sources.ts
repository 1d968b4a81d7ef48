import { execFile, spawnSync } from "node:child_process";
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

type CommandOptions = SourceOptions & { readonly environment: Environment };

function runCommand(name: string, text: string, options: CommandOptions): FoundSecret {
  const argv = argvOf(text);
  if (argv === null) return notArgv(name);
  const { environment, secrets, commandTimeoutMs = COMMAND_TIMEOUT_MS } = options;
  const run = spawnSync(argv[0] as string, argv.slice(1), {
    env: withoutSecrets(environment, secrets),
    stdio: ["ignore", "pipe", "ignore"],
    timeout: commandTimeoutMs,
    killSignal: "SIGKILL",
    maxBuffer: MOST_BYTES,
    encoding: "utf8",
  });
  const failure = (run.error as NodeJS.ErrnoException | undefined)?.code ?? run.signal ?? run.status;
  return judgeRun(name, { failure, stdout: run.stdout }, commandTimeoutMs);
}

/** As a start does, without keeping everybody waiting meanwhile. */
export async function findSecretLater(
  name: string,
  environment: Environment,
  options: SourceOptions,
): Promise<FoundSecret> {
  const text = environment[`${name}${COMMAND_SUFFIX}`];
  if (!text || environment[name] || environment[`${name}${FILE_SUFFIX}`]) return findSecret(name, environment, options);
  const argv = argvOf(text);
  if (argv === null) return notArgv(name);
  const { secrets, commandTimeoutMs = COMMAND_TIMEOUT_MS } = options;
  const how = { env: withoutSecrets(environment, secrets), timeout: commandTimeoutMs, maxBuffer: MOST_BYTES };
  return await new Promise((resolve) => {
    const child = execFile(argv[0] as string, argv.slice(1), { ...how, killSignal: "SIGKILL" }, (error, stdout) => {
      const { code, killed, signal } = (error ?? {}) as { code?: string | number; killed?: boolean; signal?: string };
      const isTooMuch = code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER";
      const failure = isTooMuch ? "ENOBUFS" : killed ? "ETIMEDOUT" : (code ?? signal ?? 0);
      resolve(judgeRun(name, { failure, stdout }, commandTimeoutMs));
    });
    child.stdin?.end();
  });
}

const notArgv = (name: string): FoundSecret => ({
  problem: `${name}${COMMAND_SUFFIX} is not a program with its arguments as JSON: ["vault", "read", "…"]`,
});

const withoutSecrets = (environment: Environment, secrets: readonly string[]): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([variable]) => !secrets.includes(variable)));

interface Run {
  /** Exit code, name of a signal, or what the system calls the problem; 0: it ended well. */
  readonly failure: string | number | null;
  readonly stdout: string;
}

function judgeRun(name: string, { failure, stdout }: Run, timeoutMs: number): FoundSecret {
  const about = `the program of ${name}${COMMAND_SUFFIX}`;
  if (failure === "ETIMEDOUT") return { problem: `${about} did not end within ${timeoutMs / 1000} s` };
  if (failure === "ENOBUFS") return { problem: `${about} said more than ${MOST_BYTES / 1024} kB` };
  if (typeof failure === "string" && failure.startsWith("E")) return { problem: `${about} cannot be run (${failure})` };
  if (failure !== 0) {
    const how = typeof failure === "number" ? `code ${failure}` : failure;
    return { problem: `${about} ended with ${how}; its output is not shown` };
  }
  const value = stdout.trim();
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
