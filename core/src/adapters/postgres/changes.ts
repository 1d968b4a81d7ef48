import type { Change, ChangeKind } from "../../domain/change.ts";
import { Failure } from "../../domain/failure.ts";
import type { AuditEntry } from "../../ports/audit-log.ts";
import type { ChangeFilter, Changes, SeenAgent, SeenChange, ToldChange } from "../../ports/changes.ts";
import { appendAudit } from "./audit-log.ts";
import { toDate, toText } from "./operation-rows.ts";
import { inTransaction, type Pool, query } from "./pool.ts";

/** Agents that are named of one change; of the others it is known how many there are. */
const NAMED = 50;
/** Operations that change nothing in the fleet: they look, take, or prove. */
const HARMLESS = [
  ...["ack", "bus-test", "diag-run", "diag-cancel", "review-break-glass"],
  ...["incident-note", "incident-open", "incident-close"],
];
/** Operations after which an agent begins anew, and for how long after their end that is by them. */
const RESTARTING = ["restart", "start", "stop", "drain", "scale", "thaw", "resume", "drill", "run-now"];
const RESTARTED_BEFORE = "5 minutes";

/** What changed, in PostgreSQL. */
export const createChanges = (pool: Pool): Changes => ({
  list: (filter) => listChanges(pool, filter),
  tell: (change, audit) => tellChange(pool, change, audit),
  async seen() {
    const rows = await query<SeenRow>(pool, "select agent, version, epoch, declared from seen_agents");
    return rows.map(({ epoch, ...row }) => ({ ...row, epoch: epoch === null ? null : Number(epoch) }));
  },
  see: (changes, at) => seeChanges(pool, changes, at),
  async forget(before) {
    await query(pool, "delete from changes where at < $1", [toDate(before)]);
  },
});

type SeenRow = Omit<SeenAgent, "epoch"> & { readonly epoch: string | null };

interface ChangeRow {
  readonly id: string;
  readonly at: Date;
  readonly kind: ChangeKind;
  readonly agents: readonly string[];
  readonly agent_count: number;
  readonly what: string;
  readonly version: string | null;
  readonly by_whom: string | null;
  readonly link: string | null;
}

const COLUMNS = `'ch-' || id as id, at, kind, agents[1:${NAMED}] as agents, cardinality(agents) as agent_count, what, version, by_whom, link`;

async function listChanges(pool: Pool, { from, to, agents, limit }: ChangeFilter): Promise<Change[]> {
  const rows = await query<ChangeRow>(
    pool,
    `(select ${COLUMNS} from changes
      where at >= $1 and ($2::timestamptz is null or at < $2) and ($3::text[] is null or agents && $3 or agents = '{}')
      order by at desc limit $4)
     union all
     (select 'op-' || id, created_at, 'operation', agents[1:${NAMED}], cardinality(agents),
        command || coalesce(', ' || ending, ', under way'), null, actor ->> 'name', null
      from operations
      where created_at >= $1 and ($2::timestamptz is null or created_at < $2) and ($3::text[] is null or agents && $3)
        and command <> all($5::text[])
      order by created_at desc limit $4)
     order by at desc limit $4`,
    [toDate(from), toDate(to ?? null), agents ?? null, limit, HARMLESS],
  );
  return rows.map(toChange);
}

const toChange = ({ at, agent_count, by_whom, ...row }: ChangeRow): Change => ({
  ...row,
  ...{ at: at.getTime(), agentCount: agent_count, by: by_whom },
});

const tellChange = (pool: Pool, change: ToldChange, audit: AuditEntry): Promise<Change> =>
  inTransaction(pool, async (client) => {
    const { at, agents, what, version, by, link, key } = change;
    const told = await query<ChangeRow>(
      client,
      `insert into changes (at, kind, agents, what, version, by_whom, link, key)
       values ($1, 'deployment', $2, $3, $4, $5, $6, $7)
       on conflict (key) do nothing
       returning ${COLUMNS}`,
      [toDate(at), [...agents], toText(what), version === null ? null : toText(version), toText(by), link, toText(key)],
    );
    const [row] = told;
    if (row === undefined) return earlier(await query(client, KNOWN, [toText(key)]), change);
    appendAudit(client, { ...audit, detail: { ...audit.detail, change: row.id } });
    return toChange(row);
  });

const KNOWN = `select ${COLUMNS} from changes where key = $1`;

function earlier(rows: readonly ChangeRow[], { what, version, agents }: ToldChange): Change {
  const [row] = rows.map(toChange);
  if (row === undefined) throw new Failure("unavailable", "the change was told at the same moment; tell it again");
  const isSame = row.what === toText(what) && row.version === version && row.agentCount === agents.length;
  if (isSame) return row;
  throw new Failure("conflict", `this key was used for ${row.id}`, {
    found: what,
    next: "Another change needs another Idempotency-Key.",
  });
}

/** The rows of `before` are compared as they are changed: of two who saw the same, one tells it. */
const SEE = `with wanted as (
  select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::boolean[], $6::text[], $7::bigint[], $8::text[], $9::text[], $10::text[])
    as w(agent, version, epoch, declared, is_new, before_version, before_epoch, before_declared, kind, what)
), added as (
  insert into seen_agents (agent, version, epoch, declared)
  select agent, version, epoch, declared from wanted where is_new
  on conflict (agent) do nothing
  returning agent
), moved as (
  update seen_agents as seen set version = w.version, epoch = w.epoch, declared = w.declared
  from wanted as w
  where not w.is_new and seen.agent = w.agent and seen.version is not distinct from w.before_version
    and seen.epoch is not distinct from w.before_epoch and seen.declared is not distinct from w.before_declared
  returning seen.agent
)
insert into changes (at, kind, agents, what, version)
select $11, w.kind, array_agg(w.agent order by w.agent), w.what, case when w.kind = 'version' then w.version end
from wanted as w
where w.kind is not null and w.agent in (select agent from added union all select agent from moved)
  and (w.kind <> 'start' or not exists (
    select from operations
    where w.agent = any(operations.agents) and command = any($12::text[])
      and (ended_at is null or ended_at > $11::timestamptz - interval '${RESTARTED_BEFORE}')
      and created_at > $11::timestamptz - interval '1 day'
  ))
group by w.kind, w.what, case when w.kind = 'version' then w.version end`;

async function seeChanges(pool: Pool, changes: readonly SeenChange[], at: number): Promise<void> {
  if (changes.length === 0) return;
  const of = <Value>(read: (change: SeenChange) => Value): Value[] => changes.map(read);
  await query(pool, SEE, [
    of(({ after }) => after.agent),
    of(({ after }) => (after.version === null ? null : toText(after.version))),
    of(({ after }) => after.epoch),
    of(({ after }) => after.declared),
    of(({ before }) => before === null),
    of(({ before }) => before?.version ?? null),
    of(({ before }) => before?.epoch ?? null),
    of(({ before }) => before?.declared ?? null),
    of(({ tell }) => tell?.kind ?? null),
    of(({ tell }) => (tell === null ? null : toText(tell.what))),
    toDate(at),
    RESTARTING,
  ]);
}
