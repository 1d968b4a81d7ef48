import {
  type ActiveFreeze,
  type FreezeMember,
  planFreeze,
  planThaw,
  type Standing,
  type StandingChange,
  type Thawed,
} from "../../brakes/freeze.ts";
import type { FreezeDraft, FreezeEnd, Freezes } from "../../ports/freezes.ts";
import { appendAudit } from "./audit-log.ts";
import { toDate, toMillis, toText } from "./operation-rows.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

interface FreezeRow {
  readonly id: string;
  readonly wanted_by: string;
  readonly reason: string | null;
  readonly started_at: Date;
  readonly ends_at: Date;
}

interface MemberRow {
  readonly freeze_id: string;
  readonly agent: string;
  readonly before: Standing["state"];
  readonly before_until: Date | null;
  readonly held_since: Date | null;
}

const COLUMNS = "id, wanted_by, reason, started_at, ends_at";

/** Freezes in PostgreSQL; the counter of desired states is the lock, so nobody changes one meanwhile. */
export const createFreezes = (pool: Pool): Freezes => ({
  begin: (draft) => inTransaction(pool, (client) => begin(client, draft)),
  active: () => readActive(pool),
  end: (end) => inTransaction(pool, (client) => endFreeze(client, end)),
});

async function begin(client: Queryable, draft: FreezeDraft): Promise<ActiveFreeze> {
  await lockStanding(client);
  const earlier = await query<FreezeRow>(client, `select ${COLUMNS} from freezes where operation = $1`, [
    draft.operation,
  ]);
  if (earlier[0] !== undefined) return toFreeze(earlier[0], await readMembers(client, [earlier[0].id]));
  const { agents, by, reason, now, endsAt } = draft;
  const situation = { standing: await readStanding(client, agents), active: await readActive(client), now, endsAt };
  const { members, changes } = planFreeze([...new Set(agents)], situation);
  const [row] = await query<FreezeRow>(
    client,
    `insert into freezes (operation, wanted_by, reason, started_at, ends_at) values ($1, $2, $3, $4, $5) returning ${COLUMNS}`,
    [draft.operation, toText(by), reason === null ? null : toText(reason), toDate(now), toDate(endsAt)],
  );
  if (row === undefined) throw new Error("a row was inserted and is not there");
  await query(
    client,
    `insert into freeze_members (freeze_id, agent, before, before_until, held_since)
     select $1, * from unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])`,
    [
      row.id,
      members.map(({ agent }) => agent),
      members.map(({ before }) => before),
      members.map(({ beforeUntil }) => toDate(beforeUntil)),
      members.map(({ heldSince }) => toDate(heldSince)),
    ],
  );
  const why = `frozen as fz-${row.id}${reason === null ? "" : `: ${toText(reason)}`}`.slice(0, 200);
  await writeStanding(client, { changes, by, why });
  const detail = {
    freeze: `fz-${row.id}`,
    endsAt,
    members: Object.fromEntries(members.map((one) => [one.agent, one.before])),
  };
  appendAudit(client, { ...draft.audit, targets: changes.map(({ agent }) => agent), detail });
  return toFreeze(row, members);
}

async function endFreeze(client: Queryable, { id, by, now, audit }: FreezeEnd): Promise<Thawed | null> {
  await lockStanding(client);
  const active = await readActive(client);
  const freeze = active.find((one) => one.id === id);
  if (freeze === undefined) return null;
  const agents = freeze.members.map(({ agent }) => agent);
  const others = active.filter((one) => one !== freeze);
  const thawed = planThaw(freeze, { standing: await readStanding(client, agents), active: others, now });
  await writeStanding(client, { changes: thawed.changes, by, why: `${id} has ended` });
  await query(client, "update freezes set ended_at = $2, ended_by = $3 where id = $1", [
    id.slice(3),
    toDate(now),
    toText(by),
  ]);
  const { resumed, stillPaused, changed } = thawed;
  appendAudit(client, { ...audit, targets: resumed, detail: { freeze: id, resumed, stillPaused, changed } });
  return thawed;
}

const lockStanding = (client: Queryable) => query(client, "select changes from desired_state_changes for update");

async function readStanding(client: Queryable, agents: readonly string[]): Promise<Map<string, Standing>> {
  const rows = await query<{ agent: string; state: Standing["state"]; since: Date | null; until: Date | null }>(
    client,
    "select agent, state, since, until from desired_states where agent = any($1)",
    [agents],
  );
  return new Map(
    rows.map(({ agent, state, since, until }) => [agent, { state, since: toMillis(since), until: toMillis(until) }]),
  );
}

/** A pause that only gets another end keeps who wanted it and why. */
async function writeStanding(
  client: Queryable,
  { changes, by, why }: { changes: readonly StandingChange[]; by: string; why: string },
): Promise<void> {
  if (changes.length === 0) return;
  await query(
    client,
    `insert into desired_states (agent, state, wanted_by, since, reason, until)
     select agent, state, $5, since, $6, until
     from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[]) as change (agent, state, since, until)
     on conflict (agent) do update
       set state = excluded.state, since = excluded.since, until = excluded.until,
         wanted_by = case when desired_states.since = excluded.since then desired_states.wanted_by else excluded.wanted_by end,
         reason = case when desired_states.since = excluded.since then desired_states.reason else excluded.reason end`,
    [
      changes.map(({ agent }) => agent),
      changes.map(({ state }) => state),
      changes.map(({ since }) => toDate(since)),
      changes.map(({ until }) => toDate(until)),
      toText(by),
      why,
    ],
  );
  await query(client, "update desired_state_changes set changes = changes + 1");
}

async function readActive(on: Queryable): Promise<ActiveFreeze[]> {
  const rows = await query<FreezeRow>(on, `select ${COLUMNS} from freezes where ended_at is null order by id`);
  const members =
    rows.length === 0
      ? []
      : await readMembersByFreeze(
          on,
          rows.map(({ id }) => id),
        );
  return rows.map((row) => toFreeze(row, members.filter(({ freeze_id }) => freeze_id === row.id).map(toMember)));
}

const readMembersByFreeze = (on: Queryable, freezes: readonly string[]): Promise<MemberRow[]> =>
  query<MemberRow>(
    on,
    "select freeze_id, agent, before, before_until, held_since from freeze_members where freeze_id = any($1::bigint[]) order by agent",
    [freezes],
  );

const readMembers = async (on: Queryable, freezes: readonly string[]): Promise<FreezeMember[]> =>
  (await readMembersByFreeze(on, freezes)).map(toMember);

const toMember = ({ agent, before, before_until, held_since }: MemberRow): FreezeMember => ({
  ...{ agent, before, beforeUntil: toMillis(before_until), heldSince: toMillis(held_since) },
});

const toFreeze = (row: FreezeRow, members: readonly FreezeMember[]): ActiveFreeze => ({
  id: `fz-${row.id}`,
  by: row.wanted_by,
  reason: row.reason,
  startedAt: row.started_at.getTime(),
  endsAt: row.ends_at.getTime(),
  members,
});
