import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAnchors } from "@rollcall/core/adapters/audit-anchors.ts";
import { createAuditLog } from "@rollcall/core/adapters/postgres/audit-log.ts";
import { migrate } from "@rollcall/core/adapters/postgres/migrate.ts";
import { createPool, type Pool } from "@rollcall/core/adapters/postgres/pool.ts";
import { exportLines } from "@rollcall/core/audit-lines.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { startPostgres } from "@rollcall/local/tools/postgres-server.ts";
import pg from "pg";
import { type Drill, type Outcome, outcome } from "./drill.ts";
import { TAMPERINGS, type Tampering } from "./tamperings.ts";

const VERIFIER = join(import.meta.dirname, "../../docs/verify-audit-export.mjs");
const LOG = "log";
/** An anchor for each share of the rows. */
const ANCHORS = 10;

/** @param rows of the log that is tampered with */
export const tamperDrill = (rows: number): Drill => ({
  name: "tamper",
  about: `a log of ${rows.toLocaleString("en-US")} rows is edited, cut, reordered, rewritten and rolled back, and put back each time: each is found and named`,
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), "rollcall-tamper-"));
    const postgres = await startPostgres({
      ...{ dataDir: join(folder, "postgres"), logFile: join(folder, "postgres.log"), password: "of a drill" },
      ...{ port: await findFreePort(), settings: { fsync: "off" } },
    });
    try {
      say("a PostgreSQL of its own has started");
      return await tamperAll({ url: postgres.url, anchorDir: join(folder, "anchors"), folder, rows, say });
    } finally {
      await postgres.child.stop({ signal: "SIGINT" });
      await rm(folder, { recursive: true, force: true });
    }
  },
});

interface Stage {
  readonly url: string;
  readonly anchorDir: string;
  readonly folder: string;
  readonly rows: number;
  readonly say: (sentence: string) => void;
}

async function tamperAll(stage: Stage): Promise<Outcome[]> {
  await execute(stage.url, `create database ${LOG}`);
  await migrate({ url: of(stage.url, LOG) });
  await fill(stage);
  await execute(
    of(stage.url, LOG),
    TABLES.map((table) => `create table ${copyOf(table)} as table ${table}`).join("; "),
  );
  const begun = performance.now();
  const clean = await look(stage);
  stage.say(`${stage.rows.toLocaleString("en-US")} rows verified in ${(performance.now() - begun).toFixed(0)} ms`);
  const outcomes = [outcome("a log that nobody touched is unbroken", clean.ours, clean.bad === null)];
  for (const tampering of TAMPERINGS) outcomes.push(await tryOne(stage, tampering));
  return outcomes;
}

/** One statement appends many rows, as the control service's own function does it. */
async function fill({ url, anchorDir, rows }: Stage): Promise<void> {
  const anchors = await openAnchors({ directory: anchorDir, fleet: "drill" });
  const entry = `jsonb_build_object('event', 'decision', 'actor', 'anna', 'door', 'slack', 'command', 'restart',
    'targets', jsonb_build_array('billing'), 'decision', 'allowed', 'rule', 'role-operator', 'reason', 'row ' || n,
    'operationId', null, 'requestId', 'req-' || n, 'detail', '{}'::jsonb)`;
  const share = rows / ANCHORS;
  for (let anchor = 0; anchor < ANCHORS; anchor += 1) {
    const [from, to] = [anchor * share + 1, (anchor + 1) * share];
    await execute(of(url, LOG), `select audit_append(${entry}) from generate_series(${from}, ${to}) as n`);
    const [head] = await execute<{ seq: string; hash: string }>(of(url, LOG), "select seq, hash from audit_head");
    if (head !== undefined) await anchors.add({ seq: Number(head.seq), hash: head.hash, at: new Date() });
  }
}

const TABLES = ["audit_log", "audit_head"];
const copyOf = (table: string): string => `${table}_as_it_was`;
const PUT_BACK = TABLES.flatMap((table) => [`truncate ${table}`, `insert into ${table} table ${copyOf(table)}`]);

async function tryOne(stage: Stage, tampering: Tampering): Promise<Outcome> {
  const { what, statements, expected } = tampering;
  await change(stage, statements(stage.rows));
  const forged = tampering.forge === undefined ? null : await forge(stage, tampering.forge);
  const { ours, bad, theirs } = await look(stage);
  if (forged !== null) await writeFile(forged.file, forged.before);
  await change(stage, PUT_BACK);
  const { seq, why } = expected(stage.rows);
  // What is in no export (the head alone) the verifier of exports cannot see.
  const isNamed = bad?.seq === seq && why.test(bad.why) && (theirs.startsWith("broken") || tampering.headOnly === true);
  return outcome(what, `${ours} · verifier of exports: ${theirs}`, isNamed);
}

/** As a superuser who switches the triggers off. */
const change = ({ url }: Stage, statements: readonly string[]) =>
  execute(of(url, LOG), ["set session_replication_role = replica", ...statements].join("; "));

async function forge({ anchorDir }: Stage, edit: (lines: string) => string) {
  const file = join(anchorDir, "anchors.jsonl");
  const before = await readFile(file, "utf8");
  await writeFile(file, edit(before));
  return { file, before };
}

/** What our verification says, and what the one that shares nothing with it says of an export. */
async function look({ url, anchorDir, folder }: Stage) {
  const pool: Pool = createPool({ url: of(url, LOG), name: "drill" });
  try {
    const log = createAuditLog(pool, { anchorDir });
    const { firstBad: bad, rows } = await log.verify();
    const file = join(folder, "export.jsonl");
    let text = "";
    for await (const part of exportLines(log, {}, "jsonl")) text += part;
    await writeFile(file, text);
    const { stdout, stderr } = spawnSync(process.execPath, [VERIFIER, file, "--anchors", anchorDir], {
      encoding: "utf8",
    });
    const theirs = (stdout || stderr).trim();
    return { bad, ours: bad === null ? `${rows} rows, unbroken` : `a-${bad.seq}: ${bad.why}`, theirs };
  } finally {
    await pool.end();
  }
}

function of(url: string, database: string): string {
  const address = new URL(url);
  address.pathname = `/${database}`;
  return address.href;
}

async function execute<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on("error", () => undefined); // The statement under way reports it.
  await client.connect();
  try {
    const { rows } = await client.query<Row>(sql);
    return rows;
  } finally {
    await client.end();
  }
}
