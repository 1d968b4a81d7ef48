-- Lines that agents and services wrote are kept for some days, so that they can be searched without a login on any host.

create sequence log_lines_id;
create table log_lines (
  -- Grows in the order in which lines were taken in: a writer holds a lock from its first number to its commit.
  id bigint not null default nextval('log_lines_id'),
  source text not null,
  is_agent boolean not null,
  at timestamptz not null,
  -- Place in LOG_LEVELS of core/src/domain/log-line.ts: 0 trace … 5 fatal.
  level smallint not null,
  text text not null,
  trace text,
  run text,
  operation text,
  fields jsonb not null default '{}'
) partition by range (at);
alter sequence log_lines_id owned by log_lines.id;
-- One partition a day (UTC) is made and dropped by log_days(); lines of other days wait here.
create table log_lines_default partition of log_lines default;

create index log_lines_by_source on log_lines (source, at desc, id desc);
create index log_lines_by_time on log_lines (at desc, id desc);
create index log_lines_by_id on log_lines (id);
create index log_lines_by_trace on log_lines (trace, at desc) where trace is not null;
create index log_lines_by_run on log_lines (run, at desc) where run is not null;
create index log_lines_by_operation on log_lines (operation, at desc) where operation is not null;

-- Where the reading of each place goes on; moved in the transaction that keeps the lines before it.
create table log_cursors (
  source text primary key,
  cursor text,
  read_at timestamptz,
  problem text
);

-- The control service's role owns no tables, so this runs with the rights of the owner.
create function log_make_day(day date) returns void
language plpgsql security definer set search_path = public, pg_temp set timezone = 'UTC' as $$
declare
  name text := 'log_lines_' || to_char(day, 'YYYY_MM_DD');
begin
  if to_regclass(name) is not null then
    return;
  end if;
  execute format('create table %I (like log_lines including defaults)', name);
  -- What came before its day was made: a partition cannot be attached while the default one holds lines of it.
  execute format(
    'with moved as (delete from log_lines_default where at >= %L and at < %L returning *) insert into %I select * from moved',
    day::timestamptz, (day + 1)::timestamptz, name
  );
  execute format(
    'alter table log_lines attach partition %I for values from (%L) to (%L)',
    name, day::timestamptz, (day + 1)::timestamptz
  );
end;
$$;
revoke execute on function log_make_day(date) from public;

-- Makes the days that are needed and drops those that are older than the kept ones; returns how many days of lines went.
create function log_days(kept integer) returns integer
language plpgsql security definer set search_path = public, pg_temp set timezone = 'UTC' as $$
declare
  today date := clock_timestamp()::date;
  gone text[] := '{}';
  old record;
begin
  if kept < 1 or kept > 3650 then
    raise exception 'lines are kept for 1 to 3650 days, not %', kept using errcode = 'check_violation';
  end if;
  -- Two at once would make the same day twice.
  perform pg_advisory_xact_lock(hashtextextended('log_days', 0));
  for old in
    select c.relname as name, to_date(right(c.relname, 10), 'YYYY_MM_DD') as day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'log_lines'::regclass and c.relname ~ '^log_lines_\d{4}_\d\d_\d\d$'
  loop
    if old.day < today - kept then
      execute format('drop table %I', old.name);
      gone := gone || old.day::text;
    end if;
  end loop;
  with deleted as (
    delete from log_lines_default where at < (today - kept)::timestamptz returning at
  )
  select gone || coalesce(array_agg(distinct at::date::text), '{}') into gone from deleted;
  perform log_make_day(day) from (
    select at::date as day from log_lines_default where at < (today + 2)::timestamptz
    union select today union select today + 1
  ) as needed;
  return (select count(distinct day) from unnest(gone) as day);
end;
$$;
revoke execute on function log_days(integer) from public;
