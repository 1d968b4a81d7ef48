--! breaking An operation over many agents stops when too many of them fail; an older process would go on with it.

alter table operations drop constraint operations_state_check;
alter table operations
  add constraint operations_state_check check (state in ('queued', 'running', 'verifying', 'waiting', 'ended')),
  -- Bulk of core/src/domain/operation.ts: batches, budget and stops.
  add column bulk jsonb,
  -- When an operation that has stopped ends by itself; until then it needs no job.
  add column answer_until timestamptz,
  add constraint operations_waiting_check check ((state = 'waiting') = (answer_until is not null));

-- Who lets an operation go on, or cancels it, sees that in the operation's own message; the wish itself needs none.
create or replace function operation_wants_message() returns trigger
language plpgsql as $$
begin
  if new.command in ('approve', 'deny', 'withdraw', 'cancel', 'continue') then
    return null;
  end if;
  if new.incident is null then
    perform want_message('op-' || new.id, new.revision);
  else
    update incidents set revision = revision + 1 where id = new.incident;
  end if;
  if new.state = 'ended' then
    perform want_message('op-' || new.id || ':ending', 1);
  end if;
  return null;
end;
$$;
