-- What became of an operation whose outcome was not known is found out later, and written into the same row and message.

alter table operations add column known_at timestamptz;
create index operations_unknown on operations (id)
  where state = 'ended' and known_at is null and targets @> '[{"ending": "unknown"}]';

-- The note that said "I keep asking" says it, too.
create function operation_is_known() returns trigger
language plpgsql as $$
begin
  perform want_message('op-' || new.id || ':ending', new.revision);
  return null;
end;
$$;
create trigger operation_is_known after update of known_at on operations
  for each row when (old.known_at is null and new.known_at is not null)
  execute function operation_is_known();
