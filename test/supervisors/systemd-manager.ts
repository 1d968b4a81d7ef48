import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSystemd } from "@rollcall/core/adapters/supervisors/systemd.ts";
import { closeServer } from "./docker-engine.ts";
import { KeptProgram } from "./kept-program.ts";
import type { RuntimeStage } from "./stage.ts";

interface Said {
  readonly code: number;
  readonly out?: string;
  readonly error?: string;
}

/** A stage whose `systemctl` others run, too. */
export interface SystemdStage extends RuntimeStage {
  readonly systemctl: string;
}

/**
 * Stands for systemd 252: `systemctl` and `journalctl` as programs that are run, which ask this process. They take the verbs and
 * options that systemctl(1) has of those in use, and refuse all others in its words; a unit's process is a real one.
 */
export async function startSystemd(): Promise<SystemdStage> {
  const units = new Map<string, KeptProgram>();
  const folder = await mkdtemp(join(tmpdir(), "systemd-"));
  const socket = join(folder, "bus.sock");
  const server = createServer(async (incoming, outgoing) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const { program, args } = JSON.parse(Buffer.concat(parts).toString()) as { program: string; args: string[] };
    const said = program === "systemctl" ? systemctl(units, args) : journalctl(units, args);
    outgoing.end(JSON.stringify(said));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  for (const program of ["systemctl", "journalctl"]) await writeProgram(join(folder, program), { program, socket });
  return {
    kind: "systemd",
    systemctl: join(folder, "systemctl"),
    runtime: createSystemd({
      ...{ systemctl: join(folder, "systemctl"), journalctl: join(folder, "journalctl"), isUser: false },
      env: { PATH: "/usr/bin:/bin" },
    }),
    add: async (name, program) => void units.set(`${name}.service`, new KeptProgram(program)),
    isAlive: async (name) => units.get(`${name}.service`)?.isRunning ?? false,
    goAway: () => rm(join(folder, "systemctl")),
    async close() {
      for (const unit of units.values()) unit.signal("SIGKILL");
      await closeServer(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeProgram(path: string, { program, socket }: { program: string; socket: string }): Promise<void> {
  const source = `#!${process.execPath}
const { request } = require("node:http");
const asked = request({ socketPath: ${JSON.stringify(socket)}, method: "POST" }, (answer) => {
  let text = "";
  answer.on("data", (part) => { text += part; });
  answer.on("end", () => {
    const { code, out = "", error = "" } = JSON.parse(text);
    process.stdout.write(out);
    process.stderr.write(error);
    process.exitCode = code;
  });
});
asked.end(JSON.stringify({ program: ${JSON.stringify(program)}, args: process.argv.slice(2) }));
`;
  await writeFile(path, source);
  await chmod(path, 0o755);
}

const OPTIONS: Readonly<Record<string, RegExp>> = {
  show: /^--(timestamp=(unix|us\+utc)|property=[A-Za-z,]+)$/,
  start: /^--no-block$/,
  stop: /^--no-block$/,
  kill: /^--signal=SIGKILL$/,
  "reset-failed": /^$/,
};

function systemctl(units: ReadonlyMap<string, KeptProgram>, args: readonly string[]): Said {
  const [verb = "", ...rest] = args;
  const at = rest.indexOf("--");
  const options = rest.slice(0, Math.max(at, 0));
  const names = rest.slice(at + 1);
  const [name = ""] = names;
  const allowed = OPTIONS[verb];
  if (allowed === undefined) return { code: 1, error: `Unknown command verb ${verb}.\n` };
  const wrong = options.find((option) => !allowed.test(option));
  if (wrong !== undefined) return { code: 1, error: `systemctl: unrecognized option '${wrong}'\n` };
  const unit = units.get(name);
  if (verb === "show") return { code: 0, out: names.map((one) => show(units.get(one), options)).join("\n") };
  if (unit === undefined) return { code: 5, error: `Failed to ${verb} ${name}: Unit ${name} not loaded.\n` };
  if (verb === "start" && !unit.isRunning) void unit.start();
  if (verb === "stop") unit.signal("SIGTERM");
  if (verb === "kill") {
    if (!unit.isRunning) return { code: 1, error: `Failed to kill unit ${name}: No main process to kill\n` };
    unit.signal("SIGKILL");
  }
  return { code: 0 };
}

const inSeconds = (at: number | null | undefined): string => (at ? `@${Math.floor(at / 1000)}` : "");
/** `Mon 2026-11-30 04:12:57.123456 UTC` */
function inMicroseconds(at: number | null | undefined): string {
  if (!at) return "n/a";
  const [day, time] = new Date(at).toISOString().slice(0, -1).split("T");
  return `Mon ${day} ${time}000 UTC`;
}

const askedIn = (options: readonly string[]): readonly string[] =>
  (options.find((option) => option.startsWith("--property=")) ?? "--property=").slice(11).split(",");

/** Of a unit that there is not, systemctl shows the properties of none. */
function show(unit: KeptProgram | undefined, options: readonly string[]): string {
  const asked = askedIn(options);
  const moment = options.includes("--timestamp=us+utc") ? inMicroseconds : inSeconds;
  const properties: Record<string, string> = {
    LoadState: unit === undefined ? "not-found" : "loaded",
    ActiveState: unit?.isRunning ? "active" : "inactive",
    SubState: unit?.isRunning ? "running" : "dead",
    MainPID: String(unit?.pid ?? 0),
    ExecMainStartTimestamp: moment(unit?.startedAt),
    ExecMainExitTimestamp: moment(unit?.exit?.at),
    // waitid(2): 1 exited, 2 killed.
    ExecMainCode: unit?.exit ? (unit.exit.signal === null ? "1" : "2") : "0",
    // Without accounting systemd counts neither.
    NRestarts: String(Math.max(0, (unit?.starts ?? 0) - 1)),
    MemoryCurrent: "[not set]",
    CPUUsageNSec: unit?.isRunning ? "2500000000" : "18446744073709551615",
    ExecMainStatus: unit?.exit ? String(unit.exit.code ?? 9) : "0",
  };
  return `${asked.map((name) => `${name}=${properties[name] ?? ""}`).join("\n")}\n`;
}

const JOURNAL =
  /^--(unit=(?<unit>.+)|lines=\d+|output=(cat|json)|no-pager|quiet|all|output-fields=[A-Z_,]+|after-cursor=(?<after>.+))$/;

function journalctl(units: ReadonlyMap<string, KeptProgram>, args: readonly string[]): Said {
  const wrong = args.find((option) => !JOURNAL.test(option));
  if (wrong !== undefined) return { code: 1, error: `journalctl: unrecognized option '${wrong}'\n` };
  const groups = args.map((option) => JOURNAL.exec(option)?.groups ?? {});
  const named = groups.flatMap(({ unit }) => (unit === undefined ? [] : [unit]));
  if (args.includes("--output=json"))
    return asJson(units, named, groups.find(({ after }) => after !== undefined)?.after);
  return {
    code: 0,
    out: `${
      units
        .get(named[0] ?? "")
        ?.errors.slice(-5)
        .join("\n") ?? ""
    }\n`,
  };
}

/** One object a line, the oldest first; cursors have parts as systemd's have, and equal signs. */
function asJson(units: ReadonlyMap<string, KeptProgram>, named: readonly string[], after: string | undefined): Said {
  const entries = [...units]
    .filter(([unit]) => named.includes(unit))
    .flatMap(([unit, { written }]) => written.map((line) => ({ unit, ...line })))
    .toSorted((one, other) => one.at - other.at)
    .map(({ unit, at, text }, index) => ({
      __CURSOR: `s=5f1c;i=${index.toString(16)};b=77`,
      ...{ __REALTIME_TIMESTAMP: String(at * 1000), __MONOTONIC_TIMESTAMP: "1", _BOOT_ID: "77" },
      ...{ _SYSTEMD_UNIT: unit, PRIORITY: "6", MESSAGE: text },
    }));
  const from = after === undefined ? 0 : entries.findIndex((one) => one.__CURSOR === after) + 1;
  return {
    code: 0,
    out: entries
      .slice(from)
      .map((one) => `${JSON.stringify(one)}\n`)
      .join(""),
  };
}
