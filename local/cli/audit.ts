import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createAuditLog } from "@rollcall/core/adapters/postgres/audit-log.ts";
import { createPool } from "@rollcall/core/adapters/postgres/pool.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import type { AuditLog, AuditRow, ChainCheck } from "@rollcall/core/ports/audit-log.ts";
import { portsAt, StartFailure } from "../stack/addresses.ts";
import { REPOSITORY } from "../stack/layout.ts";
import { readOrMakeSecrets } from "../stack/secrets.ts";
import { readSettings } from "../stack/settings.ts";

const HELP = `npm run audit -- verify    checks the chain of the audit log; exit 2 and the first bad row if it is broken
npm run audit -- search    newest rows: --actor ID  --target AGENT  --operation op-7  --limit 50  --json

The database is the local stack's, or DATABASE_URL.`;

const OPTIONS = {
  actor: { type: "string" },
  target: { type: "string" },
  operation: { type: "string" },
  limit: { type: "string", default: "50" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** `npm run audit`. @returns 0, 1 if it could not be done, 2 if the chain is broken */
export async function run(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [verb, ...more] = positionals;
    if (values.help || verb === undefined) {
      console.log(HELP);
      return values.help ? 0 : 1;
    }
    if ((verb !== "verify" && verb !== "search") || more.length > 0)
      return complain(`There is no "${positionals.join(" ")}". There are: verify, search.`);
    const limit = Number(values.limit);
    if (!Number.isInteger(limit) || limit < 1 || limit > 10_000)
      return complain(`--limit is "${values.limit}". Allowed: a whole number from 1 to 10000.`);
    return await withAuditLog(environment, (log) =>
      verb === "verify" ? verify(log) : search(log, { ...values, limit }),
    );
  } catch (error) {
    return complain(wordsOf(error));
  }
}

function complain(sentence: string): number {
  console.error(`✗ ${sentence}`);
  return 1;
}

function wordsOf(error: unknown): string {
  if (isFailure(error)) return `${error.message}. Is the stack running? npm run status says it.`;
  if (error instanceof StartFailure) return error.message;
  // parseArgs names the option and what it takes.
  return error instanceof TypeError ? error.message : String(error instanceof Error ? error.stack : error);
}

async function withAuditLog(environment: NodeJS.ProcessEnv, use: (log: AuditLog) => Promise<number>): Promise<number> {
  const pool = createPool({ url: databaseUrl(environment), name: "rollcall-audit", size: 1 });
  try {
    return await use(createAuditLog(pool));
  } finally {
    await pool.end();
  }
}

function databaseUrl(environment: NodeJS.ProcessEnv): string {
  const settings = readSettings(join(REPOSITORY, ".env"), environment);
  if (settings.DATABASE_URL) return settings.DATABASE_URL;
  const file = join(settings.ROLLCALL_DATA_DIR || join(REPOSITORY, ".rollcall"), "secrets.json");
  if (!existsSync(file)) throw new StartFailure(`There is no ${file}: start the stack first, or set DATABASE_URL.`);
  const port = portsAt(settings.ROLLCALL_PORT_OFFSET).postgres;
  return `postgres://rollcall:${readOrMakeSecrets(file).postgresPassword}@127.0.0.1:${port}/rollcall`;
}

async function verify(log: AuditLog): Promise<number> {
  const check = await log.verify();
  console.log(resultLine(check));
  return check.unbroken ? 0 : 2;
}

function resultLine({ rows, firstBad, head }: ChainCheck): string {
  if (firstBad === null) return `${rowsOf(rows)}, unbroken, head ${head}`;
  return `broken at row ${firstBad.seq}: ${firstBad.why}; ${rowsOf(rows)} before it fit`;
}

const rowsOf = (count: number): string => `${count.toLocaleString("en-US")} ${count === 1 ? "row" : "rows"}`;

interface Search {
  readonly actor?: string | undefined;
  readonly target?: string | undefined;
  readonly operation?: string | undefined;
  readonly limit: number;
  readonly json: boolean;
}

async function search(log: AuditLog, { actor, target, operation, limit, json }: Search): Promise<number> {
  const rows = await log.search({
    limit,
    ...(actor === undefined ? {} : { actor }),
    ...(target === undefined ? {} : { target }),
    ...(operation === undefined ? {} : { operationId: operation }),
  });
  for (const row of rows) console.log(json ? JSON.stringify(row) : line(row));
  if (!json) console.log(`${rowsOf(rows.length)}${rows.length === limit ? ", there may be more" : ""}`);
  return 0;
}

/** What people typed cannot move the cursor or colour the terminal. */
const line = (row: AuditRow): string =>
  [
    `a-${row.seq}`,
    row.at,
    row.event,
    row.actor,
    row.door,
    row.command,
    row.targets.join(","),
    row.decision,
    row.rule,
    row.operationId,
    row.reason,
  ]
    .map((part) => (part === null || part === "" ? "–" : part.replaceAll(/\p{Cc}/gu, "·")))
    .join("  ");
