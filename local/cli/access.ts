import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createDirectorySnapshots } from "@rollcall/core/adapters/postgres/directory-snapshots.ts";
import { createPool } from "@rollcall/core/adapters/postgres/pool.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import { changesBetween } from "@rollcall/core/domain/workspace.ts";
import type { DirectorySnapshots, DirectoryState } from "@rollcall/core/ports/directory-snapshots.ts";
import { portsAt, StartFailure } from "../stack/addresses.ts";
import { REPOSITORY } from "../stack/layout.ts";
import { readOrMakeSecrets } from "../stack/secrets.ts";
import { readSettings } from "../stack/settings.ts";

const HELP = `npm run access -- status                      how old the list of people by Google is, and what waits to be confirmed
npm run access -- confirm --reason "TEXT"     puts the list that waits in force; written to the audit log

The database is the local stack's, or DATABASE_URL. Where roles come from access.yaml there is no list.`;

const OPTIONS = {
  reason: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;
const MOST_REASON_CHARACTERS = 200;

/** `npm run access`. @returns 0, or 1 if it could not be done or there is nothing to confirm */
export async function run(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const verb = positionals.join(" ");
    if (values.help || verb === "") {
      console.log(HELP);
      return values.help ? 0 : 1;
    }
    if (verb === "status") return await withSnapshots(environment, status);
    if (verb !== "confirm") return complain(`There is no "${verb}". There are: status, confirm.`);
    const reason = values.reason?.trim() ?? "";
    if (reason === "" || reason.length > MOST_REASON_CHARACTERS)
      return complain(`confirm needs --reason "why this is meant", 1 to ${MOST_REASON_CHARACTERS} characters.`);
    return await withSnapshots(environment, (snapshots) => confirm(snapshots, reason));
  } catch (error) {
    return complain(wordsOf(error));
  }
}

async function status(snapshots: DirectorySnapshots): Promise<number> {
  const state = await snapshots.state();
  for (const line of linesOf(state)) console.log(line);
  const { inForce, held } = state;
  if (held === null) return 0;
  const before = inForce === null ? [] : await snapshots.people(inForce.generation);
  const names = new Map(before.map(({ id, name }) => [id, name]));
  for (const change of changesBetween(before, await snapshots.people(held.generation)))
    console.log(
      `  ${shown(names.get(change.id) ?? change.id)}: ${change.before ?? "no role"} → ${change.after ?? "no role"}`,
    );
  console.log('npm run access -- confirm --reason "…" puts it in force. Until then nobody may change anything.');
  return 0;
}

function linesOf({ inForce, held, attempt }: DirectoryState): string[] {
  if (inForce === null && held === null && attempt === null) return ["No list by Google was ever read here."];
  const age = (ms: number) => (ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`);
  return [
    inForce === null ? "No list is in force." : `In force: list ${inForce.generation}, read ${age(inForce.ageMs)} ago.`,
    ...(attempt?.problem == null
      ? []
      : [`Last attempt ${age(attempt.ageMs)} ago: ${attempt.problem}, ${shown(attempt.words ?? "")}`]),
    ...(held === null
      ? []
      : [`Waits since ${age(held.ageMs)}: list ${held.generation}, because ${shown(held.because)}.`]),
  ];
}

async function confirm(snapshots: DirectorySnapshots, reason: string): Promise<number> {
  const people = await snapshots.acceptHeld(`host:${userInfo().username}`, reason);
  if (people === null) return complain("There is no list that waits. npm run access -- status says how things stand.");
  console.log(`The list with ${people} ${people === 1 ? "person" : "people"} is in force within 2 s.`);
  return 0;
}

async function withSnapshots(
  environment: NodeJS.ProcessEnv,
  use: (snapshots: DirectorySnapshots) => Promise<number>,
): Promise<number> {
  const pool = createPool({ url: databaseUrl(environment), name: "rollcall-access", size: 2 });
  try {
    return await use(createDirectorySnapshots(pool));
  } finally {
    await pool.end();
  }
}

/** The owner's: whoever may confirm is on the host and may read the stack's secrets. */
function databaseUrl(environment: NodeJS.ProcessEnv): string {
  const settings = readSettings(join(REPOSITORY, ".env"), environment);
  if (settings.DATABASE_URL) return settings.DATABASE_URL;
  const file = join(settings.ROLLCALL_DATA_DIR || join(REPOSITORY, ".rollcall"), "secrets.json");
  if (!existsSync(file)) throw new StartFailure(`There is no ${file}: start the stack first, or set DATABASE_URL.`);
  const port = portsAt(settings.ROLLCALL_PORT_OFFSET).postgres;
  return `postgres://rollcall:${readOrMakeSecrets(file).postgresPassword}@127.0.0.1:${port}/rollcall`;
}

function complain(sentence: string): number {
  console.error(`✗ ${sentence}`);
  return 1;
}

/** What Google said cannot move the cursor or colour the terminal. */
const shown = (text: string): string => text.replaceAll(/\p{Cc}/gu, "·");

function wordsOf(error: unknown): string {
  if (isFailure(error)) return `${error.message}. Is the stack running? npm run status says it.`;
  if (error instanceof StartFailure) return error.message;
  return error instanceof TypeError ? error.message : String(error instanceof Error ? error.stack : error);
}
