import { createHash } from "node:crypto";
import type { ChainCheck } from "../../ports/audit-log.ts";
import { type Anchor, readAnchors } from "../audit-anchors.ts";
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
 * Somebody who rewrites the rows and the head together is seen by the anchors alone.
 * @throws Failure "unavailable"
 */
export function verifyChain(
  pool: Pool,
  { batchRows = BATCH_ROWS, anchorDir }: VerifyOptions = {},
): Promise<ChainCheck> {
  const work = async (client: Queryable): Promise<ChainCheck> => {
    const check = await walk(client, batchRows);
    return anchorDir === undefined ? check : await compareAnchors(client, check, anchorDir);
  };
  return inTransaction(pool, work, "begin isolation level repeatable read read only");
}

export interface VerifyOptions {
  readonly batchRows?: number;
  /** Folder of signed anchors; without it, who rewrites rows and head together is not seen. */
  readonly anchorDir?: string | undefined;
}

/** Names the first row that an anchor knows otherwise, unless the chain itself breaks before it. */
async function compareAnchors(client: Queryable, check: ChainCheck, anchorDir: string): Promise<ChainCheck> {
  const read = await readAnchors(anchorDir);
  if (read === null) return check;
  const { anchors, foreign } = read;
  const at = anchors.map((anchor) => anchor.at).toSorted();
  const summary = { count: anchors.length, newest: at.at(-1) ?? null };
  const fault = foreign.length > 0 ? foreignFault(foreign) : await findAnchorFault(client, anchors);
  const isEarlier = fault !== null && (check.firstBad === null || fault.seq < check.firstBad.seq);
  return { ...check, anchors: summary, ...(isEarlier && { unbroken: false, firstBad: fault }) };
}

const foreignFault = ([line]: readonly number[]): Fault => ({
  seq: 0,
  why: `forged: line ${line} of the anchors is not signed by their key`,
});

async function findAnchorFault(client: Queryable, anchors: readonly Anchor[]): Promise<Fault | null> {
  const inOrder = anchors.toSorted((one, other) => one.seq - other.seq);
  const rows = await readHashes(client, [...new Set(inOrder.map(({ seq }) => seq))]);
  const bad = inOrder.find(({ seq, hash }) => rows.get(seq) !== hash);
  if (bad === undefined) return null;
  const before = inOrder.filter(({ seq, hash }) => seq < bad.seq && rows.get(seq) === hash).at(-1)?.seq ?? 0;
  const known = `the anchor of ${bad.at}`;
  if (!rows.has(bad.seq))
    return { seq: before + 1, why: `rolled back: ${known} knows row ${bad.seq}, which is missing` };
  return { seq: before + 1, why: `rewritten: ${known} knows row ${bad.seq} with another hash` };
}

async function readHashes(client: Queryable, seqs: readonly number[]): Promise<Map<number, string>> {
  const { rows } = await client.query<{ seq: string; hash: string }>(
    "select seq, hash from audit_log where seq = any($1::bigint[])",
    [seqs],
  );
  return new Map(rows.map(({ seq, hash }) => [Number(seq), hash]));
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
  return { rows: last.seq, unbroken: true, firstBad: null, head: last.hash, anchors: null };
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
  anchors: null,
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
