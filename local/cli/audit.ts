import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { createAuditLog } from "@rollcall/core/adapters/postgres/audit-log.ts";
import { createPool } from "@rollcall/core/adapters/postgres/pool.ts";
import { EXPORT_FORMATS, exportLines } from "@rollcall/core/audit-lines.ts";
import { beginOf, periodField } from "@rollcall/core/audit-period.ts";
import { AUDIT_EVENT_NAMES, type AuditEntry, auditEntry } from "@rollcall/core/domain/audit.ts";
import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import type { AuditLog, AuditRow, ChainCheck } from "@rollcall/core/ports/audit-log.ts";
import { portsAt, StartFailure } from "../stack/addresses.ts";
import { REPOSITORY } from "../stack/layout.ts";
import { readOrMakeSecrets } from "../stack/secrets.ts";
import { readSettings, type Settings } from "../stack/settings.ts";

const HELP = `npm run audit -- verify    checks the chain of the audit log; exit 2 and the first bad row if it is broken
npm run audit -- search    newest rows: --actor ID  --target AGENT  --operation op-7  --event authentication  --door slack
                           --command restart  --decision refused  --text WORDS  --since 7d  --limit 50  --json
npm run audit -- export    all rows, oldest first, with the same conditions: --format jsonl or csv  --since 30d

The database is the local stack's, or DATABASE_URL; the anchors are the local stack's too, or in ROLLCALL_AUDIT_ANCHOR_DIR.
An export is checked without this program by docs/verify-audit-export.mjs.`;

const OPTIONS = {
  actor: { type: "string" },
  target: { type: "string" },
  operation: { type: "string" },
  event: { type: "string" },
  door: { type: "string" },
  command: { type: "string" },
  decision: { type: "string" },
  text: { type: "string" },
  since: { type: "string" },
  format: { type: "string", default: "jsonl" },
  limit: { type: "string", default: "50" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

type Values = ReturnType<typeof parse>["values"];
const VERBS: Readonly<Record<string, (log: AuditLog, values: Values) => Promise<number>>> = {
  verify,
  search,
  export: exportAll,
};

const parse = (args: readonly string[]) => parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });

/** `npm run audit`. @returns 0, 1 if it could not be done, 2 if the chain is broken */
export async function run(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<number> {
  try {
    const { values, positionals } = parse(args);
    const [verb, ...more] = positionals;
    if (values.help || verb === undefined) {
      console.log(HELP);
      return values.help ? 0 : 1;
    }
    const work = verb === undefined || more.length > 0 ? undefined : VERBS[verb];
    if (work === undefined)
      return complain(`There is no "${positionals.join(" ")}". There are: ${Object.keys(VERBS).join(", ")}.`);
    return await withAuditLog(environment, (log) => work(log, values));
  } catch (error) {
    return complain(wordsOf(error));
  }
}

function complain(sentence: string): number {
  console.error(`✗ ${sentence}`);
  return 1;
}

function wordsOf(error: unknown): string {
  if (isFailure(error) && error.code === "invalid_input")
    return [error.message, error.detail.found && `found ${error.detail.found}`, allowedWords(error.detail.allowed)]
      .filter(Boolean)
      .join("; ");
  if (isFailure(error)) return `${error.message}. Is the stack running? npm run status says it.`;
  if (error instanceof StartFailure) return error.message;
  // parseArgs names the option and what it takes.
  return error instanceof TypeError ? error.message : String(error instanceof Error ? error.stack : error);
}

const allowedWords = (allowed: readonly string[] = []): string =>
  allowed.length === 0 ? "" : `allowed: ${allowed.join(", ")}`;

async function withAuditLog(environment: NodeJS.ProcessEnv, use: (log: AuditLog) => Promise<number>): Promise<number> {
  const settings = readSettings(join(REPOSITORY, ".env"), environment);
  const data = settings.ROLLCALL_DATA_DIR || join(REPOSITORY, ".rollcall");
  const pool = createPool({ url: databaseUrl(settings, data), name: "rollcall-audit", size: 1 });
  // The anchors of the local stack say nothing about another database.
  const ours = settings.DATABASE_URL ? undefined : join(data, "anchors");
  const anchorDir = environment.ROLLCALL_AUDIT_ANCHOR_DIR || ours;
  try {
    return await use(createAuditLog(pool, anchorDir === undefined ? {} : { anchorDir }));
  } finally {
    await pool.end();
  }
}

function databaseUrl(settings: Settings, data: string): string {
  if (settings.DATABASE_URL) return settings.DATABASE_URL;
  const file = join(data, "secrets.json");
  if (!existsSync(file)) throw new StartFailure(`There is no ${file}: start the stack first, or set DATABASE_URL.`);
  const port = portsAt(settings.ROLLCALL_PORT_OFFSET).postgres;
  return `postgres://rollcall:${readOrMakeSecrets(file).postgresPassword}@127.0.0.1:${port}/rollcall`;
}

/** Whoever is logged in on this machine. */
const onHost = (known: Partial<AuditEntry> & Pick<AuditEntry, "event">): AuditEntry =>
  auditEntry({ actor: `host:${userInfo().username}`, door: "host", ...known });

async function verify(log: AuditLog): Promise<number> {
  const check = await log.verify();
  console.log(resultLine(check));
  const { rows, unbroken, firstBad, head } = check;
  await log.append(onHost({ event: "verify", action: "checked", detail: { rows, unbroken, firstBad, head } }));
  return check.unbroken ? 0 : 2;
}

function resultLine({ rows, firstBad, head, anchors }: ChainCheck): string {
  const compared = anchors === null ? "no anchors" : `${anchors.count} anchors fit`;
  if (firstBad === null) return `${rowsOf(rows)}, unbroken, ${compared}, head ${head}`;
  return `broken at row ${firstBad.seq}: ${firstBad.why}; ${rowsOf(rows)} fit the row before`;
}

const rowsOf = (count: number): string => `${count.toLocaleString("en-US")} ${count === 1 ? "row" : "rows"}`;

/** @throws Failure "invalid_input" */
function filterOf({ actor, target, operation, event, door, command, decision, text, since }: Values) {
  const period = since === undefined ? undefined : periodField.safeParse(since);
  if (period?.success === false) throw notAllowed("--since", since, ["30m", "12h", "7d"]);
  return {
    ...{ actor, target, operationId: operation, door, command, text },
    event: oneOf("--event", event, AUDIT_EVENT_NAMES),
    decision: oneOf("--decision", decision, ["allowed", "refused"] as const),
    from: period === undefined ? undefined : beginOf(period.data, Date.now()),
  };
}

function oneOf<Word extends string>(
  option: string,
  given: string | undefined,
  allowed: readonly Word[],
): Word | undefined {
  const found = allowed.find((word) => word === given);
  if (found === undefined && given !== undefined) throw notAllowed(option, given, allowed);
  return found;
}

const notAllowed = (option: string, found: string | undefined, allowed: readonly string[]): Failure =>
  new Failure("invalid_input", `${option} is "${found}"`, { allowed });

async function search(log: AuditLog, values: Values): Promise<number> {
  const limit = Number(values.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000)
    return complain(`--limit is "${values.limit}". Allowed: a whole number from 1 to 10000.`);
  const rows = await log.search({ ...filterOf(values), limit });
  for (const row of rows) console.log(values.json ? JSON.stringify(row) : line(row));
  if (!values.json) console.log(`${rowsOf(rows.length)}${rows.length === limit ? ", there may be more" : ""}`);
  return 0;
}

async function exportAll(log: AuditLog, values: Values): Promise<number> {
  const format = oneOf("--format", values.format, EXPORT_FORMATS) ?? "jsonl";
  const filter = filterOf(values);
  // First, or nothing leaves.
  await log.append(onHost({ event: "export", action: "fetched", detail: { format, ...filter } }));
  await pipeline(Readable.from(exportLines(log, filter, format)), process.stdout, { end: false });
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
    row.command ?? row.action ?? null,
    row.targets.join(","),
    row.decision,
    row.rule,
    row.operationId,
    row.reason,
  ]
    .map((part) => (part === null || part === "" ? "–" : part.replaceAll(/\p{Cc}/gu, "·")))
    .join("  ");
