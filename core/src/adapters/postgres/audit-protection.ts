import { createHash } from "node:crypto";
import { type Queryable, query } from "./pool.ts";

/** Triggers that keep rows as they are, each with its function and what pg_trigger.tgtype says: when, for which, how often. */
const TRIGGERS = {
  // before (2) delete (8) update (16) truncate (32), once a statement
  audit_log_append_only: { table: "audit_log", calls: "audit_refuse_change", type: 58 },
  // before (2) insert (4) delete (8) truncate (32), once a statement
  audit_head_stays: { table: "audit_head", calls: "audit_refuse_change", type: 46 },
  // before (2) update (16), for each row (1)
  audit_head_steps: { table: "audit_head", calls: "audit_head_check_step", type: 19 },
} as const;

/** SHA-256 of the text of each function, as the migrations made it. A migration that changes one is `--! breaking`. */
const FUNCTIONS = {
  audit_refuse_change: "4d78826d35f42a5b158f1f2ea71086a3de5a0aeee454002cd709929fae47c627",
  audit_head_check_step: "61c6a3359c16b8e3d5506075087215797177531026dba2bcb8694c8c11f8e92b",
  audit_append: "61faa6d1ac2a709697b4743ec0e5dff98df1c37e32ece7e21c23dabfd612f43b",
} as const;

const COLUMNS = {
  audit_log: "seq bigint, at timestamp with time zone, body text, prev text, hash text",
  audit_head: "only_row boolean, seq bigint, hash text",
} as const;

interface Found {
  readonly who: string;
  readonly strong: readonly string[];
  readonly replica: boolean;
  readonly triggers: readonly { name: string; table: string; calls: string; type: number; enabled: string }[];
  readonly functions: readonly { name: string; source: string }[];
  readonly columns: Readonly<Record<string, string>>;
  readonly odd: readonly string[];
}

/**
 * Looks whether the audit log is protected as it was made: by its triggers, its functions, its columns, and by a role of
 * ours that can only append.
 * @returns what is wrong, one sentence each; empty if nothing is
 * @throws Failure "unavailable"
 */
export async function checkProtection(on: Queryable): Promise<string[]> {
  const [found] = await query<{ found: Found }>(on, LOOK);
  if (found === undefined) throw new Error("the look at the audit log's protection has no row");
  const { who, strong, replica, odd } = found.found;
  return [
    ...strong.map((what) => `the role ${who}, which this service connects as, ${what}`),
    ...(replica ? ["triggers are switched off for this connection (session_replication_role)"] : []),
    ...triggerFaults(found.found),
    ...functionFaults(found.found),
    ...columnFaults(found.found),
    ...odd,
  ];
}

const triggerFaults = ({ triggers }: Found): string[] =>
  Object.entries(TRIGGERS).flatMap(([name, { table, calls, type }]) => {
    const is = triggers.find((trigger) => trigger.name === name && trigger.table === table);
    if (is === undefined) return [`the trigger ${name} of ${table} is missing`];
    // O: on, unless replicating. A: always on. D and R: off for us.
    if (is.enabled !== "O" && is.enabled !== "A") return [`the trigger ${name} of ${table} is switched off`];
    return is.calls === calls && is.type === type ? [] : [`the trigger ${name} of ${table} was made anew`];
  });

const functionFaults = ({ functions }: Found): string[] =>
  Object.entries(FUNCTIONS).flatMap(([name, expected]) => {
    const sources = functions.filter((one) => one.name === name);
    if (sources.length !== 1) return [`there are ${sources.length} functions ${name}, not one`];
    const found = createHash("sha256")
      .update(sources[0]?.source ?? "")
      .digest("hex");
    return found === expected ? [] : [`the function ${name} was changed`];
  });

const columnFaults = ({ columns }: Found): string[] =>
  Object.entries(COLUMNS).flatMap(([table, expected]) => {
    const is = columns[table];
    if (is === undefined) return [`the table ${table} is missing`];
    return is === expected ? [] : [`the table ${table} was altered: it has ${is}`];
  });

const TABLES = "('audit_log'), ('audit_head')";

const LOOK = `
  with watched as (
    select t.name, to_regclass(t.name) as oid from (values ${TABLES}) as t (name)
  ), strong as (
    select 'is a superuser' as what from pg_roles where rolname = current_user and rolsuper
    union all
    select 'owns ' || w.name from watched w join pg_class c on c.oid = w.oid
      where pg_has_role(c.relowner, 'member') and not (select rolsuper from pg_roles where rolname = current_user)
    union all
    select 'may ' || right_ || ' ' || w.name
      from watched w, unnest(array['insert', 'update', 'delete', 'truncate', 'trigger']) as right_
      where w.oid is not null and not (select rolsuper from pg_roles where rolname = current_user)
        and (has_table_privilege(w.oid, right_)
          or (right_ in ('insert', 'update') and has_any_column_privilege(w.oid, right_)))
  )
  select json_build_object(
    'who', current_user,
    'strong', (select coalesce(json_agg(what), '[]') from strong),
    'replica', current_setting('session_replication_role') <> 'origin',
    'triggers', (
      select coalesce(json_agg(json_build_object('name', g.tgname, 'table', w.name, 'calls', p.proname,
        'type', g.tgtype, 'enabled', g.tgenabled)), '[]')
      from pg_trigger g join watched w on w.oid = g.tgrelid join pg_proc p on p.oid = g.tgfoid
      where not g.tgisinternal
    ),
    'functions', (
      select coalesce(json_agg(json_build_object('name', p.proname, 'source', p.prosrc)), '[]')
      from pg_proc p where p.pronamespace = 'public'::regnamespace
        and p.proname in ('audit_append', 'audit_refuse_change', 'audit_head_check_step')
    ),
    'columns', (
      select coalesce(json_object_agg(name, columns), '{}')
      from (
        select w.name, string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum) as columns
        from watched w join pg_attribute a on a.attrelid = w.oid
        where a.attnum > 0 and not a.attisdropped
        group by w.name
      ) as listed
    ),
    'odd', (
      select coalesce(json_agg(words), '[]') from (
        select 'the table ' || w.name || ' has a rule ' || r.rulename as words
          from watched w join pg_rewrite r on r.ev_class = w.oid
        union all
        select 'the table ' || w.name || ' hides rows by row security'
          from watched w join pg_class c on c.oid = w.oid where c.relrowsecurity
        union all
        select 'the table ' || w.name || ' has a trigger of somebody else: ' || g.tgname
          from watched w join pg_trigger g on g.tgrelid = w.oid
          where not g.tgisinternal and g.tgname not in ('audit_log_append_only', 'audit_head_stays', 'audit_head_steps')
        union all
        select 'the table ' || w.name || ' has no primary key'
          from watched w where w.oid is not null
            and not exists (select 1 from pg_index i where i.indrelid = w.oid and i.indisprimary and i.indisvalid)
        union all
        select 'the table ' || w.name || ' is joined with another one'
          from watched w join pg_inherits h on w.oid in (h.inhparent, h.inhrelid)
      ) as oddities
    )
  ) as found`;
