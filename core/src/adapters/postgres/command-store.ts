import { Failure, isFailure } from "../../domain/failure.ts";
import { type Operation, plannedStages, type TargetProgress } from "../../domain/operation.ts";
import type { Acceptance, CommandStore } from "../../ports/command-store.ts";
import { appendAudit } from "./audit-log.ts";
import { asFailure, isClash, isConnectionLost, isForeignKeyViolation } from "./database-failure.ts";
import { addOperationJob, wakeWaiting } from "./operation-jobs.ts";
import { OPERATION_COLUMNS, type OperationRow, rowNumber, toJson, toOperation, toText } from "./operation-rows.ts";
import { readHistory } from "./operations.ts";
import { usePlan } from "./plans.ts";
import { type Pool, type Queryable, query, transact } from "./pool.ts";
import { keepToBudget } from "./restart-budget.ts";

/** Retries of a transaction that clashed, or whose fate is not known (reference/reliability P3, P8). */
const MOST_TRIES = 3;

/** Takes commands in, each at most once per idempotency key. */
export const createCommandStore = (pool: Pool): CommandStore => ({
  find: (idempotencyKey) => findByKey(pool, idempotencyKey),
  accept: (acceptance) => acceptOnce(pool, acceptance),
});

async function findByKey(on: Queryable, key: string): Promise<Operation | null> {
  const rows = await query<OperationRow>(on, `select ${OPERATION_COLUMNS} from operations where idempotency_key = $1`, [
    key,
  ]);
  return rows.map(toOperation)[0] ?? null;
}

type Accepted = Awaited<ReturnType<CommandStore["accept"]>>;

/**
 * The key is unique, so trying again is always safe: if a COMMIT whose answer was lost did take effect, or still does, the
 * next try finds its row.
 */
async function acceptOnce(pool: Pool, acceptance: Acceptance): Promise<Accepted> {
  const { incidentId } = acceptance;
  if (incidentId !== null && rowNumber("inc", incidentId) === null) throw noIncident(incidentId);
  let wasLost = false;
  for (let tries = 1; ; tries += 1) {
    const outcome = await tryToAccept(pool, acceptance);
    if ("operation" in outcome) {
      const isOurs = wasLost && outcome.operation.requestId === acceptance.requestId;
      return { ...outcome, repeated: outcome.repeated && !isOurs };
    }
    wasLost ||= outcome.isLost;
    if (tries >= MOST_TRIES || !outcome.isWorthATry) throw notAccepted(outcome.error, { wasLost, incidentId });
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 50 * tries));
  }
}

interface Refused {
  readonly error: unknown;
  /** Nobody knows what became of it. */
  readonly isLost: boolean;
  readonly isWorthATry: boolean;
}

async function tryToAccept(pool: Pool, acceptance: Acceptance): Promise<Accepted | Refused> {
  let hasConnection = false;
  try {
    return await transact(pool, (client) => {
      hasConnection = true;
      return acceptIn(client, acceptance);
    });
  } catch (error) {
    const isLost = hasConnection && isConnectionLost(error);
    return { error, isLost, isWorthATry: isLost || isClash(error) };
  }
}

const noIncident = (incidentId: string | null, cause?: unknown): Failure =>
  new Failure("not_found", `there is no incident ${incidentId}`, { ...(cause !== undefined && { cause }) });

function notAccepted(
  error: unknown,
  { wasLost, incidentId }: { wasLost: boolean; incidentId: string | null },
): unknown {
  if (isForeignKeyViolation(error)) return noIncident(incidentId, error);
  const failure = asFailure(error);
  if (!wasLost || !isFailure(failure) || failure.code !== "unavailable") return failure;
  return new Failure("unavailable", `${failure.message}; it is not known whether the command was accepted`, {
    cause: error,
    next: "Repeat it: it runs at most once.",
  });
}

/** Accepts within a transaction of the caller. @throws Failure "conflict" if an agent is taken, "too_many_requests" by a brake */
export async function acceptIn(client: Queryable, acceptance: Acceptance): Promise<Accepted> {
  const operation = await insertOperation(client, acceptance);
  if (operation === null) {
    const first = await findByKey(client, acceptance.idempotencyKey);
    // Only a row that was there can have kept ours out, and rows are never deleted.
    if (first === null) throw new Error(`no operation has the key ${acceptance.idempotencyKey}`);
    return { operation: first, repeated: true };
  }
  const { confirms } = acceptance;
  // Before budget and locks: of two that confirm one plan the second learns that it is used, not that an agent is taken.
  if (confirms !== undefined) await usePlan(client, confirms.plan, { operation: operation.id });
  await keepToBudget(client, acceptance, operation.id);
  await lockAgents(client, { agents: acceptance.agents, operation });
  await addOperationJob(client, operation.id);
  await wakeWaiting(client, acceptance.agents);
  if (confirms !== undefined) appendAudit(client, { ...confirms.audit, operationId: operation.id });
  appendAudit(client, { ...acceptance.audit, operationId: operation.id });
  return { operation, repeated: false };
}

/** @returns null if an operation has the key already; waits for one that is just being committed */
async function insertOperation(client: Queryable, acceptance: Acceptance): Promise<Operation | null> {
  const { agents, incidentId } = acceptance;
  const { usualSeconds, earlierRuns } = await usualTime(client, acceptance);
  const rows = await query<OperationRow>(
    client,
    `insert into operations
       (command, input, actor, door, reason, request_id, idempotency_key, targets, agents, incident, usual_seconds, earlier_runs,
        traceparent, correlation_id, customer_id, approval, forced, typed)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
     on conflict (idempotency_key) do nothing
     returning ${OPERATION_COLUMNS}`,
    [
      acceptance.command,
      toJson(acceptance.input),
      toJson(acceptance.actor),
      acceptance.door,
      acceptance.reason === null ? null : toText(acceptance.reason),
      acceptance.requestId,
      acceptance.idempotencyKey,
      toJson(plannedTargets(acceptance)),
      agents,
      incidentId === null ? null : rowNumber("inc", incidentId),
      usualSeconds,
      earlierRuns,
      acceptance.origin?.traceparent ?? null,
      acceptance.origin?.correlationId ?? null,
      acceptance.origin?.customerId ?? null,
      acceptance.approval === undefined ? null : toJson(acceptance.approval),
      acceptance.force === true,
      acceptance.typed === undefined ? null : toText(acceptance.typed),
    ],
  );
  return rows.map(toOperation)[0] ?? null;
}

const plannedTargets = ({ agents, stages, incidentId }: Acceptance): TargetProgress[] =>
  (agents.length === 0 && incidentId !== null ? [incidentId] : agents).map((agent) => ({
    agent,
    stages: plannedStages(stages),
    memory: {},
    ending: null,
  }));

/** Agents are worked on one after another, so the usual time is the sum of theirs; unknown if one is unknown. */
async function usualTime(client: Queryable, { command, agents }: Acceptance) {
  const history = await readHistory(client, { command, agents });
  const medians = agents.map((agent) => history.get(agent)?.medianSeconds ?? null);
  const known = medians.filter((seconds) => seconds !== null);
  const isKnown = agents.length > 0 && known.length === agents.length;
  return {
    usualSeconds: isKnown ? known.reduce((sum, seconds) => sum + seconds, 0) : null,
    earlierRuns: isKnown ? Math.min(...agents.map((agent) => history.get(agent)?.helped ?? 0)) : 0,
  };
}

/** In the order of their names, so that two commands cannot wait for each other. */
async function lockAgents(
  client: Queryable,
  { agents, operation }: { agents: readonly string[]; operation: Operation },
): Promise<void> {
  const sorted = [...new Set(agents)].toSorted();
  const locked = await query<{ agent: string }>(
    client,
    `insert into agent_locks (agent, operation) select agent, $2 from unnest($1::text[]) as agent
     on conflict (agent) do nothing
     returning agent`,
    [sorted, rowNumber("op", operation.id)],
  );
  const taken = sorted.find((agent) => !locked.some((lock) => lock.agent === agent));
  if (taken === undefined) return;
  const [holder] = await query<{ operation: string; command: string }>(
    client,
    `select operations.id as operation, operations.command
     from agent_locks join operations on operations.id = agent_locks.operation where agent = $1`,
    [taken],
  );
  // It may have ended between the two statements.
  if (holder === undefined)
    throw new Failure("conflict", `${taken} has just been released`, { next: "Repeat it. Nothing was done." });
  const running = `op-${holder.operation}`;
  throw new Failure("conflict", `${taken} is taken by ${running} (${holder.command})`, {
    found: running,
    next: `Wait until ${running} has ended. Nothing was done.`,
  });
}
