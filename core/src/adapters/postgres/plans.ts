import type { OfferedPlan, Plan } from "../../domain/plan.ts";
import { endedPlan, unknownPlan } from "../../plan-refusals.ts";
import type { AuditEntry } from "../../ports/audit-log.ts";
import type { PlanOffer, Plans } from "../../ports/plans.ts";
import { appendAudit } from "./audit-log.ts";
import { rowNumber, toJson, toText } from "./operation-rows.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

const COLUMNS = "id, hash, content, actor, reason, state, operation, request, created_at, expires_at";

interface Row {
  readonly id: string;
  readonly hash: string;
  readonly content: Plan;
  readonly actor: string;
  readonly reason: string | null;
  readonly state: OfferedPlan["state"];
  readonly operation: string | null;
  readonly request: string | null;
  readonly created_at: Date;
  readonly expires_at: Date;
}

/** Plans in PostgreSQL. */
export const createPlans = (pool: Pool): Plans => ({
  offer: (offer, audit) => inTransaction(pool, (client) => store(client, offer, audit)),
  async find(tokenHash) {
    const rows = await query<Row>(pool, `select ${COLUMNS} from plans where token_hash = $1`, [tokenHash]);
    return rows.map(toPlan)[0] ?? null;
  },
});

async function store(client: Queryable, offer: PlanOffer, audit: AuditEntry): Promise<OfferedPlan> {
  // Nobody asks for a plan of yesterday; what it became stands in the audit log.
  await query(client, "delete from plans where expires_at < clock_timestamp() - interval '1 day'");
  if (offer.insteadOf !== null) await replace(client, offer.insteadOf);
  const rows = await query<Row>(
    client,
    `insert into plans (token_hash, hash, content, actor, door, reason, request_id, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() + make_interval(secs => $8))
     returning ${COLUMNS}`,
    [
      offer.tokenHash,
      offer.hash,
      toJson(offer.plan),
      offer.plan.actor,
      offer.door,
      offer.reason === null ? null : toText(offer.reason),
      offer.requestId,
      offer.expiresInSeconds,
    ],
  );
  const [plan] = rows.map(toPlan);
  if (plan === undefined) throw new Error("a plan was stored and is not there");
  appendAudit(client, { ...audit, detail: { ...audit.detail, plan: plan.id } });
  return plan;
}

const replace = (client: Queryable, id: string): Promise<unknown> =>
  query(client, "update plans set state = 'changed', used_at = clock_timestamp() where id = $1 and state = 'open'", [
    rowNumber("plan", id),
  ]);

/**
 * Uses a plan up, in the transaction of what it becomes. Of two at once the second waits here, and then sees it used.
 * @throws Failure "conflict" if it is used, "expired", "not_found"
 */
export async function usePlan(
  client: Queryable,
  id: string,
  became: { readonly operation?: string; readonly request?: string },
): Promise<void> {
  const { operation, request } = became;
  const used = await query(
    client,
    `update plans set state = 'confirmed', used_at = clock_timestamp(), operation = $2, request = $3
     where id = $1 and state = 'open' and expires_at > clock_timestamp()
     returning id`,
    [
      rowNumber("plan", id),
      operation === undefined ? null : rowNumber("op", operation),
      request === undefined ? null : rowNumber("req", request),
    ],
  );
  if (used.length > 0) return;
  const rows = await query<Row>(client, `select ${COLUMNS} from plans where id = $1`, [rowNumber("plan", id)]);
  const plan = rows.map(toPlan)[0];
  throw (plan === undefined ? null : endedPlan(plan, true)) ?? unknownPlan();
}

const toPlan = (row: Row): OfferedPlan => ({
  id: `plan-${row.id}`,
  plan: row.content,
  hash: row.hash,
  actor: { id: row.actor },
  reason: row.reason,
  state: row.state,
  became: row.operation === null ? (row.request === null ? null : `req-${row.request}`) : `op-${row.operation}`,
  createdAt: row.created_at.getTime(),
  expiresAt: row.expires_at.getTime(),
});
