import { Failure } from "../../domain/failure.ts";
import { isEnded, type Operation } from "../../domain/operation.ts";
import type { AuditEntry } from "../../ports/audit-log.ts";
import type { OperationProgress } from "../../ports/command-store.ts";
import { appendAudit } from "./audit-log.ts";
import { OPERATION_COLUMNS, type OperationRow, rowNumber, toDate, toJson, toOperation } from "./operation-rows.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

/**
 * Takes an operation over for the holder of a lease; whoever had it before may not write it any more.
 * @returns null if it has ended, or another control service that lives is at it
 * @throws Failure "unavailable"
 */
export async function claimOperation(
  pool: Pool,
  { id, epoch }: { id: string; epoch: number },
): Promise<OperationProgress | null> {
  const rows = await query(
    pool,
    `update operations
     set lease_epoch = $2
     where id = $1
       and state <> 'ended'
       and exists (select from control_leases where epoch = $2 and expires_at > clock_timestamp())
       and not exists (
         select from control_leases
         where epoch = operations.lease_epoch and epoch <> $2 and expires_at > clock_timestamp()
       )
     returning id`,
    [rowNumber("op", id), epoch],
  );
  if (rows.length === 0) return null;
  return {
    save: (operation, audit = []) =>
      inTransaction(pool, (client) => saveOperation(client, { operation, audit, epoch })),
  };
}

interface Saving {
  readonly operation: Operation;
  readonly audit: readonly AuditEntry[];
  readonly epoch: number;
}

async function saveOperation(client: Queryable, { operation, audit, epoch }: Saving): Promise<Operation> {
  await holdLease(client, epoch);
  const number = rowNumber("op", operation.id);
  const rows = await query<OperationRow>(
    client,
    `update operations
     set state = $3, ending = $4, error = $5, targets = $6, started_at = $7, ended_at = $8, revision = revision + 1,
       bulk = $9, answer_until = $10,
       -- Whoever hears the answer first goes on with it.
       lease_epoch = case when $3 = 'waiting' then null else lease_epoch end
     where id = $1 and lease_epoch = $2 and state <> 'ended'
     returning ${OPERATION_COLUMNS}`,
    [
      number,
      epoch,
      operation.state,
      operation.ending,
      operation.error,
      toJson(operation.targets),
      toDate(operation.startedAt),
      toDate(operation.endedAt),
      operation.bulk === undefined ? null : toJson(operation.bulk),
      toDate(operation.state === "waiting" ? (operation.bulk?.stops.at(-1)?.until ?? null) : null),
    ],
  );
  const row = rows[0];
  if (row === undefined) throw lost(operation.id);
  await freeAgents(client, operation, number);
  for (const entry of audit) appendAudit(client, entry);
  return toOperation(row);
}

/** All at its end; while it waits for an answer those that it is done with, so that they can be mended. */
async function freeAgents(client: Queryable, operation: Operation, number: string | null): Promise<void> {
  if (isEnded(operation)) await query(client, "delete from agent_locks where operation = $1", [number]);
  if (operation.state !== "waiting") return;
  const done = operation.targets.filter(({ ending }) => ending !== null).map(({ agent }) => agent);
  await query(client, "delete from agent_locks where operation = $1 and agent = any($2)", [number, done]);
}

/** Keeps a peer from taking the lease over between this check and the commit. @throws Failure "expired" if it is gone */
export async function holdLease(client: Queryable, epoch: number): Promise<void> {
  const rows = await query(
    client,
    "select from control_leases where epoch = $1 and expires_at > clock_timestamp() for share",
    [epoch],
  );
  if (rows.length === 0) throw lost(`epoch ${epoch}`);
}

const lost = (what: string): Failure =>
  new Failure("expired", `${what} was taken over by another control service`, { found: what });
