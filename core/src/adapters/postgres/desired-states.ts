import type { DesiredStates } from "../../ports/desired-states.ts";
import type { DesiredState } from "../../protocol.ts";
import { appendAudit } from "./audit-log.ts";
import { toDate, toMillis, toText } from "./operation-rows.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

interface DesiredRow {
  readonly agent: string;
  readonly state: DesiredState["state"];
  readonly wanted_by: string | null;
  readonly since: Date | null;
  readonly reason: string | null;
  readonly until: Date | null;
}

const COLUMNS = "agent, state, wanted_by, since, reason, until";

/** What is wanted of each agent; a change is audited in the transaction that makes it. */
export const createDesiredStates = (pool: Pool): DesiredStates => ({
  async readAll() {
    const rows = await query<DesiredRow>(pool, `select ${COLUMNS} from desired_states`);
    return new Map(rows.map((row) => [row.agent, toDesired(row)]));
  },
  set: (agents, desired) =>
    inTransaction(pool, (client) => setDesired(client, { agents: [...new Set(agents)], desired })),
  endPauses: (now) => inTransaction(pool, (client) => endPauses(client, now)),
});

const toDesired = ({ state, wanted_by, since, reason, until }: DesiredRow): DesiredState => ({
  state,
  by: wanted_by,
  since: toMillis(since),
  reason,
  ...(until !== null && { until: toMillis(until) }),
});

/** The counter's lock keeps off whoever prolongs the pause, or stops the agent, at the same moment. */
async function endPauses(client: Queryable, now: number): Promise<string[]> {
  const due = "select agent, wanted_by from desired_states where state = 'paused' and until <= $1 order by agent";
  if ((await query(client, due, [toDate(now)])).length === 0) return [];
  await query(client, LOCK_COUNTER);
  const ended = await query<Pick<DesiredRow, "agent" | "wanted_by">>(client, due, [toDate(now)]);
  for (const [by, rows] of Map.groupBy(ended, ({ wanted_by }) => wanted_by)) {
    const reason = `the pause by ${by ?? "somebody"} is over`.slice(0, 200);
    const agents = rows.map(({ agent }) => agent);
    await setDesired(client, { agents, desired: { state: "running", by: "schedule", since: now, reason } });
  }
  return ended.map(({ agent }) => agent);
}

const LOCK_COUNTER = "select changes from desired_state_changes for update";

interface Change {
  readonly agents: readonly string[];
  readonly desired: DesiredState;
}

async function setDesired(client: Queryable, { agents, desired }: Change): Promise<number> {
  const [before] = await query<{ changes: string }>(client, LOCK_COUNTER);
  const earlier = await readSome(client, agents);
  const changed = agents.filter((agent) => !isSame(earlier.get(agent), desired));
  // A stage that is repeated after a crash wants the same again: that is no change.
  if (changed.length === 0) return Number(before?.changes);
  await query(
    client,
    `insert into desired_states (agent, state, wanted_by, since, reason, until)
     select agent, $2, $3, $4, $5, $6 from unnest($1::text[]) as agent
     on conflict (agent) do update
       set state = excluded.state, wanted_by = excluded.wanted_by, since = excluded.since, reason = excluded.reason,
           until = excluded.until`,
    [
      changed,
      desired.state,
      desired.by,
      toDate(desired.since),
      desired.reason === null ? null : toText(desired.reason),
      toDate(desired.until ?? null),
    ],
  );
  const [after] = await query<{ changes: string }>(
    client,
    "update desired_state_changes set changes = changes + 1 returning changes",
  );
  await auditChange(client, { agents: changed, desired, earlier });
  return Number(after?.changes);
}

async function readSome(client: Queryable, agents: readonly string[]): Promise<Map<string, DesiredState>> {
  const rows = await query<DesiredRow>(client, `select ${COLUMNS} from desired_states where agent = any($1)`, [agents]);
  return new Map(rows.map((row) => [row.agent, toDesired(row)]));
}

/** When it was said does not matter: who stops what is stopped changes nothing. */
function isSame(earlier: DesiredState | undefined, desired: DesiredState): boolean {
  if (earlier === undefined) return false;
  const isOfSameEnd = (earlier.until ?? null) === (desired.until ?? null);
  return (
    earlier.state === desired.state && earlier.by === desired.by && earlier.reason === desired.reason && isOfSameEnd
  );
}

async function auditChange(client: Queryable, change: Change & { earlier: Map<string, DesiredState> }): Promise<void> {
  const { agents, desired, earlier } = change;
  // The operation that holds the agents says through which door the wish came.
  const [holder] = await query<{ operation: string; door: string; command: string; request_id: string }>(
    client,
    `select 'op-' || operations.id as operation, door, command, request_id
     from agent_locks join operations on operations.id = agent_locks.operation
     where agent = any($1)
     limit 1`,
    [agents],
  );
  appendAudit(client, {
    event: "desired-state",
    actor: desired.by ?? "rollcall",
    door: holder?.door ?? "host",
    command: holder?.command ?? null,
    targets: agents,
    decision: null,
    rule: null,
    reason: desired.reason,
    operationId: holder?.operation ?? null,
    requestId: holder?.request_id ?? null,
    detail: {
      before: Object.fromEntries(agents.map((agent) => [agent, earlier.get(agent)?.state ?? "running"])),
      after: desired.state,
      ...(desired.until !== undefined && { until: desired.until }),
    },
  });
}
