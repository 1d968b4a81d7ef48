import { auditEntry } from "../../domain/audit.ts";
import type { BreakGlass, BreakGlassUse, SpooledUse } from "../../ports/break-glass.ts";
import { appendAudit } from "./audit-log.ts";
import { rowNumber, toDate, toJson, toMillis, toText } from "./operation-rows.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

const COLUMNS = `id, command, agent, actor, reason, began_at, ending, error, operation, reviewed_by, reviewed_at, review, revision`;

interface Row {
  readonly id: string;
  readonly command: string | null;
  readonly agent: string | null;
  readonly actor: string;
  readonly reason: string;
  readonly began_at: Date;
  readonly ending: string;
  readonly error: string | null;
  readonly operation: string | null;
  readonly reviewed_by: string | null;
  readonly reviewed_at: Date | null;
  readonly review: string | null;
  readonly revision: number;
}

/** What was done past the usual path, in PostgreSQL; each use of the spool once. */
export const createBreakGlass = (pool: Pool): BreakGlass => ({
  take: (use) => inTransaction(pool, (client) => take(client, use)),
  takeDoubt: (doubt) => inTransaction(pool, (client) => takeDoubt(client, doubt)),
  async has(useId) {
    const rows = await query(pool, "select 1 from break_glass_uses where use_id = $1", [useId]);
    return rows.length > 0;
  },
  async lastLine() {
    const [row] = await query<{ spool_lines: string; spool_hash: string }>(
      pool,
      "select spool_lines, spool_hash from break_glass_uses where command is not null order by spool_lines desc limit 1",
    );
    return row === undefined ? null : { line: Number(row.spool_lines), hash: row.spool_hash };
  },
  async find(id) {
    const number = rowNumber("bg", id);
    if (number === null) return null;
    const rows = await query<Row>(pool, `select ${COLUMNS} from break_glass_uses where id = $1`, [number]);
    return rows.map(toUse)[0] ?? null;
  },
  async unreviewed() {
    const rows = await query<Row>(
      pool,
      `select ${COLUMNS} from break_glass_uses where reviewed_at is null order by id limit 50`,
    );
    return rows.map(toUse);
  },
  review: (id, { by, text }, audit) =>
    inTransaction(pool, async (client) => {
      const closed = await query(
        client,
        `update break_glass_uses
         set reviewed_by = $2, review = $3, reviewed_at = clock_timestamp(), revision = revision + 1
         where id = $1 and reviewed_at is null
         returning id`,
        [rowNumber("bg", id), toText(by), toText(text)],
      );
      if (closed.length > 0) appendAudit(client, audit);
      return closed.length > 0;
    }),
});

async function take(client: Queryable, use: SpooledUse): Promise<boolean> {
  const [row] = await query<{ id: string }>(
    client,
    `insert into break_glass_uses
       (use_id, command, agent, actor, reason, began_at, ended_at, ending, error, spool_lines, spool_hash)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     on conflict (use_id) do nothing
     returning id`,
    [
      ...[use.id, use.command, use.agent, toText(use.actor), toText(use.reason), toDate(use.beganAt)],
      ...[toDate(use.endedAt), use.ending, use.error === null ? null : toText(use.error), use.line, use.hash],
    ],
  );
  if (row === undefined) return false;
  const operation = await insertOperation(client, use);
  await linkOperation(client, row.id, operation);
  const operationId = `op-${operation}`;
  const { command, agent, actor, reason, beganAt, endedAt, ending, error } = use;
  const who = { actor, door: "host", command, targets: [agent], reason, operationId };
  const times = { use: use.id, beganAt: new Date(beganAt).toISOString(), endedAt: endedAt ?? null };
  appendAudit(
    client,
    auditEntry({ ...who, event: "break-glass", action: "used", decision: "allowed", rule: "host", detail: times }),
  );
  appendAudit(client, auditEntry({ ...who, event: "outcome", detail: { ending, error, use: use.id } }));
  return true;
}

/** An operation that has ended: it is shown and looked up like any other. */
async function insertOperation(client: Queryable, use: SpooledUse): Promise<string> {
  const { actor, agent } = use;
  const as = { id: actor, name: actor, role: "admin", person: false, source: "the host", slackUser: null };
  const [row] = await query<{ id: string }>(
    client,
    `insert into operations
       (command, input, actor, door, reason, request_id, idempotency_key, targets, agents, state, ending, error,
        created_at, started_at, ended_at)
     values ($1, $2, $3, 'host', $4, $5, $6, $7, $8, 'ended', $9, $10, $11, $11, $12)
     returning id`,
    [
      ...[use.command, toJson({ who: [agent] }), toJson(as), toText(use.reason), use.id, `break-glass:${use.id}`],
      ...[toJson([use.target]), [agent], use.ending, use.error === null ? null : toText(use.error)],
      ...[toDate(use.beganAt), toDate(use.endedAt ?? use.beganAt)],
    ],
  );
  if (row === undefined) throw new Error("the operation was not stored");
  return row.id;
}

async function linkOperation(client: Queryable, id: string, operation: string): Promise<void> {
  await query(client, "update break_glass_uses set operation = $2 where id = $1", [id, operation]);
}

async function takeDoubt(client: Queryable, doubt: Parameters<BreakGlass["takeDoubt"]>[0]): Promise<boolean> {
  const { line, hash, why, at } = doubt;
  const reason = `the spool cannot be believed from line ${line}: ${why}`;
  const rows = await query(
    client,
    `insert into break_glass_uses (use_id, actor, reason, began_at, ending, spool_lines, spool_hash)
     values ($1, 'rollcall', $2, $3, 'doubt', $4, $5)
     on conflict (use_id) do nothing
     returning id`,
    [`doubt:${line}:${hash}`, toText(reason), toDate(at), line, hash],
  );
  if (rows.length === 0) return false;
  const detail = { line, why };
  appendAudit(
    client,
    auditEntry({
      ...{ event: "break-glass", action: "spool-damaged", actor: "rollcall", door: "host", reason, detail },
    }),
  );
  return true;
}

const toUse = (row: Row): BreakGlassUse => ({
  id: `bg-${row.id}`,
  command: row.command,
  agent: row.agent,
  actor: row.actor,
  reason: row.reason,
  beganAt: row.began_at.getTime(),
  ending: row.ending,
  error: row.error,
  operationId: row.operation === null ? null : `op-${row.operation}`,
  reviewedBy: row.reviewed_by,
  reviewedAt: toMillis(row.reviewed_at),
  review: row.review,
  revision: row.revision,
});
