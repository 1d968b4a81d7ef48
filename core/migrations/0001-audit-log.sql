-- Who did what must be provable later, so each row of the audit log carries the hash of the row before it.

-- One row: number and hash of the newest audit row. Appenders queue up on it, so the chain cannot fork.
create table audit_head (
  only_row boolean primary key default true check (only_row),
  seq bigint not null,
  hash text not null
);
insert into audit_head (seq, hash) values (0, repeat('0', 64));

-- The body is kept as text, because the hash is over exactly these characters.
create table audit_log (
  seq bigint primary key,
  at timestamptz not null,
  body text not null,
  prev text not null,
  hash text not null
);

create index audit_log_by_actor on audit_log ((body::jsonb ->> 'actor'), seq desc);
create index audit_log_by_operation on audit_log ((body::jsonb ->> 'operationId'), seq desc);
create index audit_log_by_target on audit_log using gin ((body::jsonb -> 'targets') jsonb_path_ops);

create view audit_rows as
  select
    seq,
    at,
    body::jsonb ->> 'event' as event,
    body::jsonb ->> 'actor' as actor,
    body::jsonb ->> 'door' as door,
    body::jsonb ->> 'command' as command,
    body::jsonb -> 'targets' as targets,
    body::jsonb ->> 'decision' as decision,
    body::jsonb ->> 'rule' as rule,
    body::jsonb ->> 'reason' as reason,
    body::jsonb ->> 'operationId' as operation_id,
    body::jsonb ->> 'requestId' as request_id,
    body::jsonb -> 'detail' as detail,
    hash
  from audit_log;

create function audit_append(entry jsonb) returns bigint
language plpgsql as $$
declare
  head audit_head%rowtype;
  next_seq bigint;
  next_at timestamptz;
  next_body text;
  next_hash text;
begin
  select * into strict head from audit_head for update;
  next_seq := head.seq + 1;
  -- Milliseconds, as everywhere else; the column and the body say the same moment.
  next_at := date_trunc('milliseconds', clock_timestamp());
  next_body := (
    entry || jsonb_build_object('seq', next_seq, 'at', to_char(next_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
  )::text;
  next_hash := encode(sha256(convert_to(head.hash || next_body, 'UTF8')), 'hex');
  insert into audit_log (seq, at, body, prev, hash) values (next_seq, next_at, next_body, head.hash, next_hash);
  update audit_head set seq = next_seq, hash = next_hash;
  return next_seq;
end;
$$;

create function audit_refuse_change() returns trigger
language plpgsql as $$
begin
  raise exception 'the audit log is append-only: % of % is refused', lower(tg_op), tg_table_name
    using errcode = 'insufficient_privilege';
end;
$$;

create trigger audit_log_append_only before update or delete or truncate on audit_log
  for each statement execute function audit_refuse_change();
create trigger audit_head_stays before insert or delete or truncate on audit_head
  for each statement execute function audit_refuse_change();

create function audit_head_check_step() returns trigger
language plpgsql as $$
begin
  if new.seq <> old.seq + 1 then
    raise exception 'the head of the audit log moves by one row at a time' using errcode = 'insufficient_privilege';
  end if;
  return new;
end;
$$;

create trigger audit_head_steps before update on audit_head
  for each row execute function audit_head_check_step();
