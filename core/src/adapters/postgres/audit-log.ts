import type { AuditEntry, AuditFilter, AuditLog, AuditRow } from "../../ports/audit-log.ts";
import { requestContext } from "../../protocol/request-context.ts";
import { readTraceparent } from "../../protocol/traceparent.ts";
import { type VerifyOptions, verifyChain } from "./audit-chain.ts";
import { toJson } from "./operation-rows.ts";
import { type Pool, type Queryable, query } from "./pool.ts";

/** The audit log in PostgreSQL, verified by the anchors of a folder too if there is one; each append is a transaction of its own. */
export const createAuditLog = (pool: Pool, { anchorDir }: Pick<VerifyOptions, "anchorDir"> = {}): AuditLog => ({
  append: (entry) => appendAudit(pool, entry),
  search: (filter) => searchAudit(pool, filter),
  verify: () => verifyChain(pool, { anchorDir }),
});

/** Appends a row; on the connection of a transaction it belongs to that. @throws Failure "unavailable" */
export async function appendAudit(on: Queryable, entry: AuditEntry): Promise<number> {
  const rows = await query<{ seq: string }>(on, "select audit_append($1::jsonb) as seq", [
    toJson({ ...ofWorkUnderWay(), ...entry }),
  ]);
  return Number(rows[0]?.seq);
}

/** What is not known is left out of the row. */
function ofWorkUnderWay(): Pick<AuditEntry, "correlationId" | "customerId" | "traceId"> {
  const { correlationId, customerId, traceparent } = requestContext();
  return { correlationId, customerId, traceId: readTraceparent(traceparent)?.traceId };
}

async function searchAudit(pool: Pool, { actor, target, operationId, limit }: AuditFilter): Promise<AuditRow[]> {
  const rows = await query<{ seq: string; body: string; hash: string }>(
    pool,
    `select seq, body, hash from audit_log
     where ($1::text is null or body::jsonb ->> 'actor' = $1)
       and ($2::jsonb is null or body::jsonb -> 'targets' @> $2)
       and ($3::text is null or body::jsonb ->> 'operationId' = $3)
     order by seq desc
     limit $4`,
    [actor ?? null, target === undefined ? null : JSON.stringify([target]), operationId ?? null, limit],
  );
  return rows.map(({ seq, body, hash }) => ({
    ...(JSON.parse(body) as AuditEntry & { at: string }),
    seq: Number(seq),
    hash,
  }));
}
