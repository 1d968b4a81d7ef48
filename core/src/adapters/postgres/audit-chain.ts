import { createHash } from "node:crypto";
import type { ChainCheck } from "../../ports/audit-log.ts";
import { inTransaction, type Pool, type Queryable } from "./pool.ts";

/** Rows read at once: a batch of 5,000 rows of 1 kB is read well below statement_timeout. */
const BATCH_ROWS = 5000;
/** What the first row has as the hash before it. */
const GENESIS = "0".repeat(64);

interface StoredRow {
  readonly seq: string;
  readonly at: Date;
  readonly body: string;
  readonly prev: string;
  readonly hash: string;
}

interface Head {
  readonly seq: number;
  readonly hash: string;
}

/**
 * Walks the whole chain as it is at one moment, batch by batch, and names the first row that does not fit.
 * Somebody who may rewrite the rows and the head together is not seen here.
 * @throws Failure "unavailable"
 */
export function verifyChain(pool: Pool, batchRows = BATCH_ROWS): Promise<ChainCheck> {
  return inTransaction(pool, (client) => walk(client, batchRows), "begin isolation level repeatable read read only");
}

async function walk(client: Queryable, batchRows: number): Promise<ChainCheck> {
  const head = await readHead(client);
  let last: Head = { seq: 0, hash: GENESIS };
  let batch: readonly StoredRow[];
  do {
    batch = await readBatch(client, { after: last.seq, rows: batchRows });
    const step = followBatch(batch, last);
    last = step.last;
    if (step.fault !== null) return broken(head, { rows: last.seq, ...step.fault });
  } while (batch.length === batchRows);
  const fault = findHeadFault(head, last);
  if (fault !== null) return broken(head, { rows: last.seq, ...fault });
  return { rows: last.seq, unbroken: true, firstBad: null, head: last.hash };
}

/** Follows the chain through a batch, up to the first row that does not fit. */
function followBatch(batch: readonly StoredRow[], before: Head): { last: Head; fault: Fault | null } {
  let last = before;
  for (const row of batch) {
    const why = findFault(row, last);
    // A gap is named by the row that is missing, everything else by the row that is wrong.
    if (why !== null) return { last, fault: { seq: why.startsWith("missing") ? last.seq + 1 : Number(row.seq), why } };
    last = { seq: Number(row.seq), hash: row.hash };
  }
  return { last, fault: null };
}

interface Fault {
  readonly seq: number;
  readonly why: string;
}

const broken = (head: Head | null, { rows, ...firstBad }: Fault & { rows: number }): ChainCheck => ({
  rows,
  unbroken: false,
  firstBad,
  head: head?.hash ?? "",
});

async function readHead(client: Queryable): Promise<Head | null> {
  const { rows } = await client.query<{ seq: string; hash: string }>("select seq, hash from audit_head");
  const row = rows[0];
  return row === undefined ? null : { seq: Number(row.seq), hash: row.hash };
}

async function readBatch(client: Queryable, { after, rows }: { after: number; rows: number }): Promise<StoredRow[]> {
  const batch = await client.query<StoredRow>(
    "select seq, at, body, prev, hash from audit_log where seq > $1 order by seq limit $2",
    [after, rows],
  );
  return batch.rows;
}

function findFault(row: StoredRow, before: Head): string | null {
  const seq = Number(row.seq);
  if (seq !== before.seq + 1) return `missing: row ${before.seq} is followed by row ${seq}`;
  if (hashOf(row) !== row.hash) return "edited: its hash does not fit its text";
  const body = JSON.parse(row.body) as { seq: number; at: string };
  if (body.seq !== seq) return `reordered: it was written as row ${body.seq}`;
  if (Date.parse(body.at) !== row.at.getTime()) return "edited: its time does not fit its text";
  if (row.prev !== before.hash) return `replaced: it does not carry the hash of row ${before.seq}`;
  return null;
}

const hashOf = ({ prev, body }: StoredRow): string =>
  createHash("sha256")
    .update(prev + body, "utf8")
    .digest("hex");

function findHeadFault(head: Head | null, last: Head): Fault | null {
  if (head === null) return { seq: last.seq, why: "the head is missing, so it is not known whether rows were cut off" };
  if (head.seq > last.seq)
    return { seq: last.seq + 1, why: `cut off: rows ${last.seq + 1} to ${head.seq} are missing at the end` };
  if (head.seq < last.seq) return { seq: head.seq + 1, why: `added: the head says that row ${head.seq} is the last` };
  return head.hash === last.hash ? null : { seq: last.seq, why: "replaced: the head has another hash for this row" };
}
