-- Whoever takes over the control service must not be able to change what is written down, so it gets a role that can only append.

-- A group without a login: whoever is a member of it may do what the control service does. Roles belong to the whole server,
-- so another database of it may have made this one already, or be about to.
do $$
begin
  create role rollcall_app nologin;
exception
  when duplicate_object or unique_violation then null;
  when insufficient_privilege then
    raise notice 'the role rollcall_app is missing, and this owner may not make it: npm run migrate says how';
end;
$$;

-- Rows are appended by this function alone, which runs with the rights of the owner of the tables.
create or replace function audit_append(entry jsonb) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  head audit_head%rowtype;
  next_seq bigint;
  next_at timestamptz;
  next_body text;
  next_hash text;
begin
  if coalesce(entry ->> 'event', '') = '' or coalesce(entry ->> 'actor', '') = '' or coalesce(entry ->> 'door', '') = '' then
    raise exception 'a row of the audit log says at least what happened, who did it and through which door'
      using errcode = 'check_violation';
  end if;
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
revoke execute on function audit_append(jsonb) from public;

create index audit_log_by_time on audit_log (at);
create index audit_log_by_event on audit_log ((body::jsonb ->> 'event'), seq desc);
