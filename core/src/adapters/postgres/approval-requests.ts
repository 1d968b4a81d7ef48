import type { Actor, Door } from "../../domain/actor.ts";
import type { ApprovalRequest, RequestState } from "../../domain/approval.ts";
import { auditEntry } from "../../domain/audit.ts";
import { Failure } from "../../domain/failure.ts";
import type { Plan } from "../../domain/plan.ts";
import type { ApprovalRequests, RequestDraft, Settlement } from "../../ports/approval-requests.ts";
import type { AuditEntry } from "../../ports/audit-log.ts";
import { appendAudit } from "./audit-log.ts";
import { acceptIn } from "./command-store.ts";
import { rowNumber, toJson, toMillis, toText } from "./operation-rows.ts";
import { usePlan } from "./plans.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

const COLUMNS = `id, command, input, actor, door, reason, request_id, idempotency_key, targets, hash, policy_version, incident, forced, plan, rule, why,
  state, created_at, expires_at, decided_by, decided_door, decided_at, decision_reason, operation, revision`;

interface Row {
  readonly id: string;
  readonly command: string;
  readonly input: unknown;
  readonly actor: Actor;
  readonly door: Door;
  readonly reason: string;
  readonly request_id: string;
  readonly idempotency_key: string;
  readonly targets: readonly string[];
  readonly hash: string;
  readonly policy_version: string;
  readonly incident: string | null;
  readonly forced: boolean;
  readonly plan: Plan | null;
  readonly rule: string;
  readonly why: string;
  readonly state: RequestState;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly decided_by: { readonly id: string; readonly name: string } | null;
  readonly decided_door: Door | null;
  readonly decided_at: Date | null;
  readonly decision_reason: string | null;
  readonly operation: string | null;
  readonly revision: number;
}

/** Requests for a second person in PostgreSQL; each change is audited in its transaction. */
export const createApprovalRequests = (pool: Pool): ApprovalRequests => ({
  ask: (draft, audit) => inTransaction(pool, (client) => ask(client, draft, audit)),
  find: (id) => find(pool, id),
  async findByKey(key) {
    const found = await query<Row>(pool, `select ${COLUMNS} from approval_requests where idempotency_key = $1`, [key]);
    return found.map(toRequest)[0] ?? null;
  },
  async list({ waiting = false, before, limit }) {
    const text = `select ${COLUMNS} from approval_requests
      where (not $1 or (state = 'waiting' and expires_at > clock_timestamp())) and ($2::bigint is null or id < $2)
      order by id desc limit $3`;
    const last = before === undefined ? null : rowNumber("req", before);
    return (await query<Row>(pool, text, [waiting, last, limit])).map(toRequest);
  },
  async settle(settlement) {
    const settled = await inTransaction(pool, (client) => settle(client, settlement));
    // Thrown outside, so that what was found to be over is stored as over.
    if (settled.state === "expired" && settlement.state !== "expired") throw overFailure(settled);
    return settled;
  },
  expire: () => inTransaction(pool, expire),
});

async function ask(client: Queryable, draft: RequestDraft, audit: AuditEntry) {
  const inserted = await query<Row>(
    client,
    `insert into approval_requests
       (command, input, actor, door, reason, request_id, idempotency_key, targets, hash, policy_version, incident, rule, why, expires_at, forced, plan)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, clock_timestamp() + make_interval(secs => $14), $15, $16)
     on conflict (idempotency_key) do nothing
     returning ${COLUMNS}`,
    [
      draft.command,
      toJson(draft.input),
      toJson(draft.actor),
      draft.door,
      toText(draft.reason),
      draft.requestId,
      draft.idempotencyKey,
      draft.targets,
      draft.hash,
      draft.policyVersion,
      draft.incidentId === null ? null : rowNumber("inc", draft.incidentId),
      draft.rule,
      toText(draft.why),
      draft.expiresInSeconds,
      draft.force === true,
      draft.plan === undefined ? null : toJson(draft.plan),
    ],
  );
  const [request] = inserted.map(toRequest);
  if (request !== undefined) {
    const { confirms } = draft;
    if (confirms !== undefined) {
      await usePlan(client, confirms.plan, { request: request.id });
      appendAudit(client, { ...confirms.audit, operationId: null });
    }
    appendAudit(client, { ...audit, detail: { ...audit.detail, request: request.id } });
    return { request, repeated: false };
  }
  const [first] = await query<Row>(client, `select ${COLUMNS} from approval_requests where idempotency_key = $1`, [
    draft.idempotencyKey,
  ]);
  if (first === undefined) throw new Error(`no request has the key ${draft.idempotencyKey}`);
  return { request: toRequest(first), repeated: true };
}

async function find(on: Queryable, id: string, lock = ""): Promise<ApprovalRequest | null> {
  const number = rowNumber("req", id);
  if (number === null) return null;
  const rows = await query<Row>(on, `select ${COLUMNS} from approval_requests where id = $1 ${lock}`, [number]);
  return rows.map(toRequest)[0] ?? null;
}

async function settle(client: Queryable, settlement: Settlement): Promise<ApprovalRequest> {
  const { id, state, hash, by, acceptance } = settlement;
  const request = await find(client, id, "for update");
  if (request === null) throw new Failure("not_found", `There is no request ${id}. Nothing was done.`, { found: id });
  if (request.state === state && request.decidedBy?.id === by.id) return request;
  if (request.state !== "waiting") throw endedFailure(request);
  if (request.hash !== hash) throw new Failure("conflict", `${id} is not what was looked at. Nothing was done.`);
  if (await isOver(client, request)) return end(client, request, expiry(request));
  const accepted = acceptance === undefined ? null : await acceptIn(client, acceptance);
  return end(client, request, { ...settlement, operationId: accepted?.operation.id ?? null });
}

async function isOver(client: Queryable, { id }: ApprovalRequest): Promise<boolean> {
  const [found] = await query<{ over: boolean }>(
    client,
    "select expires_at <= clock_timestamp() as over from approval_requests where id = $1",
    [rowNumber("req", id)],
  );
  return found?.over ?? true;
}

type End = Pick<Settlement, "state" | "by" | "door" | "reason" | "audit"> & { readonly operationId: string | null };

async function end(client: Queryable, request: ApprovalRequest, how: End): Promise<ApprovalRequest> {
  const [row] = await query<Row>(
    client,
    `update approval_requests
     set state = $2, decided_by = $3, decided_door = $4, decided_at = clock_timestamp(), decision_reason = $5, operation = $6,
         revision = revision + 1
     where id = $1
     returning ${COLUMNS}`,
    [
      rowNumber("req", request.id),
      how.state,
      toJson({ id: how.by.id, name: how.by.name }),
      how.door,
      how.reason === null ? null : toText(how.reason),
      how.operationId === null ? null : rowNumber("op", how.operationId),
    ],
  );
  if (row === undefined) throw new Error(`${request.id} is gone, and rows are never deleted`);
  appendAudit(client, { ...how.audit, operationId: how.operationId });
  return toRequest(row);
}

const ROLLCALL = { id: "rollcall", name: "Rollcall" };

const expiry = (request: ApprovalRequest): End => ({
  ...{ state: "expired", by: ROLLCALL, door: "schedule", reason: null, operationId: null },
  audit: auditEntry({
    ...{ event: "approval", actor: ROLLCALL.id, door: "schedule", action: "expired", command: request.command },
    ...{ targets: request.targets, decision: "refused", rule: request.rule, requestId: request.requestId },
    detail: { request: request.id, asked: request.actor.id },
  }),
});

async function expire(client: Queryable): Promise<ApprovalRequest[]> {
  const over = await query<Row>(
    client,
    `select ${COLUMNS} from approval_requests
     where state = 'waiting' and expires_at <= clock_timestamp()
     order by id limit 100
     for update skip locked`,
  );
  const ended: ApprovalRequest[] = [];
  for (const row of over) ended.push(await end(client, toRequest(row), expiry(toRequest(row))));
  return ended;
}

const overFailure = ({ id }: ApprovalRequest): Failure =>
  new Failure("expired", `The ten minutes of ${id} are over. Nothing was done.`, { next: "Ask again." });

function endedFailure({ id, state, decidedBy }: ApprovalRequest): Failure {
  const who = decidedBy === null || decidedBy.id === ROLLCALL.id ? "" : ` by ${decidedBy.name}`;
  return new Failure("conflict", `${id} is ${state} already${who}. Nothing was done.`, { found: state });
}

const toRequest = (row: Row): ApprovalRequest => ({
  id: `req-${row.id}`,
  command: row.command,
  input: row.input,
  actor: row.actor,
  door: row.door,
  reason: row.reason,
  requestId: row.request_id,
  idempotencyKey: row.idempotency_key,
  targets: row.targets,
  hash: row.hash,
  policyVersion: row.policy_version,
  incidentId: row.incident === null ? null : `inc-${row.incident}`,
  ...(row.forced && { force: true }),
  ...(row.plan !== null && { plan: row.plan }),
  rule: row.rule,
  why: row.why,
  state: row.state,
  createdAt: row.created_at.getTime(),
  expiresAt: row.expires_at.getTime(),
  decidedBy: row.decided_by,
  decidedDoor: row.decided_door,
  decidedAt: toMillis(row.decided_at),
  decisionReason: row.decision_reason,
  operationId: row.operation === null ? null : `op-${row.operation}`,
  revision: row.revision,
});
