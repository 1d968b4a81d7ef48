import type { UnknownOutcomes } from "../../ports/unknown-outcomes.ts";
import { appendAudit } from "./audit-log.ts";
import { holdLease } from "./operation-progress.ts";
import { OPERATION_COLUMNS, type OperationRow, rowNumber, toDate, toJson, toOperation } from "./operation-rows.ts";
import { inTransaction, type Pool, query } from "./pool.ts";

/** Operations that have ended as unknown, and what was found out about them later. */
export const createUnknownOutcomes = (pool: Pool): UnknownOutcomes => ({
  async list() {
    const rows = await query<OperationRow>(
      pool,
      `select ${OPERATION_COLUMNS} from operations
       where state = 'ended' and known_at is null and targets @> '[{"ending": "unknown"}]'
       order by id
       limit 50`,
    );
    return rows.map(toOperation);
  },
  settle: ({ id, ending, error, targets, knownAt, revision }, { audit, epoch }) =>
    inTransaction(pool, async (client) => {
      await holdLease(client, epoch);
      const rows = await query(
        client,
        `update operations
         set ending = $3, error = $4, targets = $5, known_at = $6, revision = revision + 1
         where id = $1 and revision = $2 and state = 'ended' and known_at is null
         returning id`,
        [rowNumber("op", id), revision, ending, error, toJson(targets), toDate(knownAt ?? null)],
      );
      if (rows.length === 0) return false;
      appendAudit(client, audit);
      return true;
    }),
});
