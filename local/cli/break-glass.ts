import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openSpool } from "@rollcall/core/adapters/break-glass-spool.ts";
import { BREAK_GLASS_COMMANDS, breakGlass } from "@rollcall/core/break-glass.ts";
import type { ActCommand, Ports } from "@rollcall/core/command.ts";
import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import { loadCommands } from "@rollcall/core/load-commands.ts";
import { selectAgents } from "@rollcall/core/selector.ts";
import { findHost, type Host } from "../break-glass/host.ts";
import { openHostPorts } from "../break-glass/host-ports.ts";

const HELP = `npm run break-glass -- restart AGENT --reason "TEXT"     the same for start and stop; rollcall break-glass …

Acts on one agent past the control service, for when PostgreSQL or the directory is away: over Redis and the supervisor,
by the same stages as always. Only root and the owner of the data folder may. Each step is on the disk before it is done;
when PostgreSQL is back it is written to the audit log, posted, and stays open until an admin has reviewed it.

exit 0   done and proven
exit 1   refused, or not understood; nothing was done
exit 2   ended badly, or its outcome is unknown`;

const OPTIONS = {
  reason: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;
const MOST_REASON_CHARACTERS = 200;
const EXIT = { well: 0, refused: 1, badly: 2 } as const;

/** `npm run break-glass`. @returns the exit code, as the help says */
export async function run(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    if (values.help || positionals.length === 0) {
      console.log(HELP);
      return values.help ? EXIT.well : EXIT.refused;
    }
    const wish = await readWish(positionals, values.reason);
    const host = findHost(environment);
    return await alone(host, () => carryOut(wish, host));
  } catch (error) {
    return sayRefusal(error);
  }
}

interface Wish {
  readonly command: ActCommand;
  readonly word: string;
  readonly reason: string;
}

async function readWish([verb = "", word, ...more]: readonly string[], reason = ""): Promise<Wish> {
  const isKnown = (BREAK_GLASS_COMMANDS as readonly string[]).includes(verb);
  const command = isKnown ? (await loadCommands()).find(({ name }) => name === verb) : undefined;
  if (command?.kind !== "act")
    throw new Failure("invalid_input", `"${verb}" does not work by break-glass`, { allowed: BREAK_GLASS_COMMANDS });
  if (word === undefined || more.length > 0)
    throw new Failure("invalid_input", `${verb} takes one agent here; repeat it for the next one`);
  const why = reason.trim();
  if (why === "" || why.length > MOST_REASON_CHARACTERS)
    throw new Failure("invalid_input", `it needs --reason "why", 1 to ${MOST_REASON_CHARACTERS} characters`);
  return { command, word, reason: why };
}

async function carryOut({ command, word, reason }: Wish, host: Host): Promise<number> {
  const { ports, desired, close } = await openHostPorts(host);
  const spool = openSpool(host.spoolDir, host.fleetKey);
  const id = randomUUID();
  try {
    const agent = await oneAgent(word, ports);
    const { actor } = host;
    const facts = { v: 1 as const, use: id, actor, command: command.name, agent, reason };
    console.log(`🔓 ${command.name} ${agent} past the control service, by ${actor}`);
    const target = await breakGlass(
      { id, command, agent, actor, reason },
      {
        ports,
        note: (step, progress) =>
          spool.add({ ...facts, step, at: ports.clock.now(), target: progress, desired: desired() }),
        tell: ({ name, state, detail, error }) => {
          const mark = state === "done" ? "✓" : state === "failed" ? "✗" : "–";
          console.log(`  ${name} ${mark}${(error ?? detail) === null ? "" : ` ${error ?? detail}`}`);
        },
      },
    );
    const isWell = target.ending === "done" || target.ending === "recovered";
    console.log(
      `${isWell ? "✅" : "❌"} ${command.name} ${agent}: ${target.ending}. It will be audited, and needs a review.`,
    );
    return isWell ? EXIT.well : EXIT.badly;
  } finally {
    close();
  }
}

/** Exactly one, by its whole name: nothing is guessed where nobody else looks. */
async function oneAgent(word: string, ports: Ports): Promise<string> {
  const chosen = await selectAgents([word], ports, { verb: "Act on", isChange: true });
  const [only, ...others] = chosen;
  if (only !== undefined && others.length === 0) return only.id;
  throw new Failure("invalid_input", `"${word}" is ${chosen.length} agents; one at a time here`, {
    allowed: chosen.slice(0, 5).map(({ id }) => id),
  });
}

/** One use at a time on this host; a lock whose process is gone does not count. */
async function alone(host: Host, work: () => Promise<number>): Promise<number> {
  mkdirSync(host.spoolDir, { recursive: true, mode: 0o700 });
  const file = join(host.spoolDir, "lock");
  lock(file);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function lock(file: string): void {
  for (const isLast of [false, true]) {
    try {
      const handle = openSync(file, "wx", 0o600);
      writeSync(handle, String(process.pid));
      closeSync(handle);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const pid = Number(readFileSync(file, "utf8"));
      if (isLast || isAlive(pid)) throw new Failure("conflict", `another break-glass runs here, process ${pid}`);
      rmSync(file, { force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function sayRefusal(error: unknown): number {
  if (!isFailure(error)) {
    console.error(`✗ ${error instanceof Error ? error.message : String(error)}`);
    return EXIT.badly;
  }
  const { allowed = [], next } = error.detail;
  const more = [allowed.length === 0 ? null : `Allowed: ${allowed.join(", ")}.`, next ?? "Nothing was done."];
  console.error(`✗ ${error.message}. ${more.filter((part) => part !== null).join(" ")}`);
  return EXIT.refused;
}
