import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../domain/failure.ts";
import type { Runtime, RuntimeState } from "../../ports/runtime.ts";
import { MOST_JOURNAL_BYTES, readJournal } from "./read-journal.ts";
import { type Program, runProgram, type Said } from "./run-program.ts";

const LABEL = "systemd";
const CLI_TIMEOUT_MS = 5000;
const POLL_MS = 100;

/** Where systemd is. */
export interface SystemdOptions {
  /** `systemctl` or a path. */
  readonly systemctl: string;
  /** `journalctl` or a path. */
  readonly journalctl: string;
  readonly env: Readonly<Record<string, string>>;
  /** Units of the user that runs us instead of those of the system. */
  readonly isUser: boolean;
}

// systemctl(1): `show` names these of every unit that there is; an unknown unit has LoadState=not-found.
const PROPERTIES = [
  ...["LoadState", "ActiveState", "SubState", "MainPID"],
  ...["ExecMainStartTimestamp", "ExecMainExitTimestamp", "ExecMainCode", "ExecMainStatus"],
];

// waitid(2): how a process ended, as ExecMainCode says it.
const CLD_KILLED = "2";
const CLD_DUMPED = "3";

/**
 * Services of systemd 251 or newer, asked by `systemctl`. Who runs us must be allowed to start and stop them: root, or a rule of
 * polkit, or units of our own user.
 */
export function createSystemd(options: SystemdOptions): Runtime {
  const scope = options.isUser ? ["--user"] : [];
  const run = ({ path, args }: { path: string; args: readonly string[] }): Promise<Said> => {
    const program: Program = { label: LABEL, path, env: options.env, timeoutMs: CLI_TIMEOUT_MS };
    return runProgram(program, [...scope, ...args]);
  };
  const systemctl = (...args: readonly string[]): Promise<Said> => run({ path: options.systemctl, args });
  const order = async (...args: readonly string[]): Promise<void> => {
    const { code, error } = await systemctl(...args);
    if (code === 0) return;
    throw new Failure("unavailable", `${LABEL} did not ${args[0]} ${args.at(-1)}: ${error.trim().slice(0, 200)}`);
  };
  const show = async (unit: string): Promise<ReadonlyMap<string, string>> => {
    const { code, out, error } = await systemctl("show", "--timestamp=us+utc", `--property=${PROPERTIES}`, "--", unit);
    if (code !== 0) throw new Failure("unavailable", `${LABEL} does not show ${unit}: ${error.trim().slice(0, 200)}`);
    return new Map(out.split("\n").map((line) => [line.split("=", 1)[0] ?? "", line.slice(line.indexOf("=") + 1)]));
  };
  const lastErrors = async (unit: string): Promise<string[]> => {
    const args = [`--unit=${unit}`, "--lines=5", "--output=cat", "--no-pager", "--quiet"];
    const said = await run({ path: options.journalctl, args }).catch(() => null);
    return said?.code === 0 ? said.out.split("\n").filter((line) => line.trim() !== "") : [];
  };
  return {
    label: LABEL,
    async inspect(name) {
      const unit = unitOf(name);
      const properties = await show(unit);
      if (properties.get("LoadState") !== "loaded") return null;
      return stateOf(properties, await lastErrors(unit));
    },
    async start(name) {
      // A service that failed too often in a row is not started again before this.
      await systemctl("reset-failed", "--", unitOf(name));
      await order("start", "--no-block", "--", unitOf(name));
    },
    async stop(name, graceMs) {
      const unit = unitOf(name);
      // Without waiting: a unit may take TimeoutStopSec, 90 s, before systemd itself ends it by force.
      await order("stop", "--no-block", "--", unit);
      const deadline = performance.now() + graceMs;
      for (;;) {
        if (isDown(await show(unit))) return;
        if (performance.now() >= deadline) break;
        await sleep(POLL_MS);
      }
      await order("kill", "--signal=SIGKILL", "--", unit);
    },
    async logs(names, cursor) {
      const units = new Map(names.map((name) => [unitOf(name), name]));
      const program: Program = { label: LABEL, path: options.journalctl, env: options.env, timeoutMs: CLI_TIMEOUT_MS };
      return readJournal({ ...program, mostBytes: MOST_JOURNAL_BYTES }, { scope, units, cursor });
    },
  };
}

/** `billing` is `billing.service`; a name with a dot is a unit already. */
const unitOf = (name: string): string => (name.includes(".") ? name : `${name}.service`);

const isDown = (properties: ReadonlyMap<string, string>): boolean => Number(properties.get("MainPID") ?? 0) === 0;

function stateOf(properties: ReadonlyMap<string, string>, lastErrors: readonly string[]): RuntimeState {
  const pid = Number(properties.get("MainPID") ?? 0);
  const startedAt = momentOf(properties.get("ExecMainStartTimestamp"));
  if (pid > 0) return { state: "running", pid, startedAt, exit: null, lastErrors };
  const at = momentOf(properties.get("ExecMainExitTimestamp"));
  if (at === null)
    return { state: startedAt === null ? "never-started" : "exited", pid: null, startedAt, exit: null, lastErrors };
  return { state: "exited", pid: null, startedAt, exit: { ...exitOf(properties), at }, lastErrors };
}

function exitOf(properties: ReadonlyMap<string, string>): { code: number | null; signal: string | null } {
  const status = Number(properties.get("ExecMainStatus") ?? 0);
  const how = properties.get("ExecMainCode");
  if (how === CLD_KILLED || how === CLD_DUMPED) return { code: null, signal: signalName(status) };
  return { code: status, signal: null };
}

// The numbers of signal(7) on Linux that end services.
const SIGNALS: Readonly<Record<number, string>> = {
  1: "SIGHUP",
  2: "SIGINT",
  6: "SIGABRT",
  9: "SIGKILL",
  11: "SIGSEGV",
  15: "SIGTERM",
};
const signalName = (number: number): string => SIGNALS[number] ?? `signal ${number}`;

/**
 * `Mon 2026-11-30 04:12:57.123456 UTC` as systemctl says it with `--timestamp=us+utc`, since systemd 247: of two starts within
 * one second each has its own moment. Empty or `n/a`: never.
 */
function momentOf(text: string | undefined): number | null {
  const [, day, time] = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) UTC$/.exec(text ?? "") ?? [];
  return day === undefined ? null : Date.parse(`${day}T${time}Z`);
}
