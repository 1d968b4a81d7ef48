import type { AuditEntry, AuditFilter, AuditLog, AuditRow } from "../../ports/audit-log.ts";
import { requestContext } from "../../protocol/request-context.ts";
import { readTraceparent } from "../../protocol/traceparent.ts";
import { type VerifyOptions, verifyChain } from "./audit-chain.ts";
import { toJson } from "./operation-rows.ts";
import { type Pool, type Queryable, query, queryAtCommit } from "./pool.ts";

/** The audit log in PostgreSQL, verified by the anchors of a folder too if there is one; each append is a transaction of its own. */
export const createAuditLog = (pool: Pool, { anchorDir }: Pick<VerifyOptions, "anchorDir"> = {}): AuditLog => ({
  append: (entry) => append(pool, entry),
  search: (filter) => searchAudit(pool, filter),
  verify: () => verifyChain(pool, { anchorDir }),
});

const APPEND = "select audit_append($1::jsonb) as seq";

async function append(pool: Pool, entry: AuditEntry): Promise<number> {
  const rows = await query<{ seq: string }>(pool, APPEND, [rowOf(entry)]);
  return Number(rows[0]?.seq);
}

/**
 * Appends a row at the commit of a transaction; without it, nothing of that transaction stands. Whoever appends has the head of
 * the chain until the commit and all others wait for it, so that is done last.
 * @param on connection of the transaction
 */
export function appendAudit(on: Queryable, entry: AuditEntry): void {
  queryAtCommit(on, APPEND, [rowOf(entry)]);
}

const rowOf = (entry: AuditEntry): string => toJson({ ...ofWorkUnderWay(), ...entry });

/** What is not known is left out of the row. */
function ofWorkUnderWay(): Pick<AuditEntry, "correlationId" | "customerId" | "traceId"> {
  const { correlationId, customerId, traceparent } = requestContext();
  return { correlationId, customerId, traceId: readTraceparent(traceparent)?.traceId };
}

async function searchAudit(pool: Pool, filter: AuditFilter): Promise<AuditRow[]> {
  const { actor, target, operationId, event, door, command, decision, from, to, text, after, limit } = filter;
  const isOldestFirst = filter.order === "oldest";
  const rows = await query<{ seq: string; body: string; prev: string; hash: string }>(
    pool,
    `select seq, body, prev, hash from audit_log
     where ($1::text is null or body::jsonb ->> 'actor' = $1)
       and ($2::jsonb is null or body::jsonb -> 'targets' @> $2)
       and ($3::text is null or body::jsonb ->> 'operationId' = $3)
       and ($4::text is null or body::jsonb ->> 'event' = $4)
       and ($5::text is null or body::jsonb ->> 'door' = $5)
       and ($6::text is null or body::jsonb ->> 'command' = $6)
       and ($7::text is null or body::jsonb ->> 'decision' = $7)
       and ($8::timestamptz is null or at >= $8)
       and ($9::timestamptz is null or at < $9)
       and ($10::text is null or body ilike $10)
       and ($11::bigint is null or seq ${isOldestFirst ? ">" : "<"} $11)
     order by seq ${isOldestFirst ? "asc" : "desc"}
     limit $12`,
    [
      ...[actor ?? null, target === undefined ? null : JSON.stringify([target]), operationId ?? null],
      ...[event ?? null, door ?? null, command ?? null, decision ?? null],
      ...[dateOf(from), dateOf(to), text === undefined ? null : `%${escapeLike(text)}%`, after ?? null, limit],
    ],
  );
  return rows.map(({ seq, body, prev, hash }) => ({
    ...(JSON.parse(body) as AuditEntry & { at: string }),
    seq: Number(seq),
    hash,
    ...(filter.whole === true && { prev, body }),
  }));
}

const dateOf = (at: number | undefined): Date | null => (at === undefined ? null : new Date(at));

/** What was typed is looked for as it is: % and _ stand for themselves. As it stands in JSON, too: a quote has a \\ before it. */
const escapeLike = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/[\\%_]/g, (sign) => `\\${sign}`);
