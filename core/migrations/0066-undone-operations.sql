-- Who paused the wrong agent takes it back with one press, once: the row says that it was taken back, and when that can no longer be asked for.

alter table operations
  -- The operation that took it back.
  add column undone_by bigint references operations (id),
  add column undo_closed_at timestamptz;
update operations set undo_closed_at = ended_at where state = 'ended' and command in ('pause', 'freeze');
create index operations_undo_open on operations (ended_at)
  where state = 'ended' and command in ('pause', 'freeze') and undo_closed_at is null;

-- The message that offered it does so no longer.
create function operation_undoes() returns trigger
language plpgsql as $$
begin
  update operations
  set undone_by = new.id, undo_closed_at = clock_timestamp(), revision = revision + 1
  where 'undo:op-' || id = new.idempotency_key and undone_by is null;
  return null;
end;
$$;
create trigger operation_undoes after insert on operations
  for each row when (new.idempotency_key like 'undo:op-%') execute function operation_undoes();
