-- A request for a second person is shown like an operation: one message that is made from its row and edited to its end.

-- req-31, req-31:dm:U0SECOND and req-31:ending are messages of one row, and a change of the row is one of them all.
create index chat_messages_of_row on chat_messages (split_part(key, ':', 1));

create function request_wants_message() returns trigger
language plpgsql as $$
begin
  perform want_message('req-' || new.id, new.revision);
  perform want_message(key, new.revision)
    from chat_messages
    where split_part(key, ':', 1) = 'req-' || new.id and key <> 'req-' || new.id;
  -- Edits never buzz. What became an operation has that one's ending; who took it back knows.
  if new.state in ('denied', 'expired', 'void') then
    perform want_message('req-' || new.id || ':ending', new.revision);
  end if;
  return null;
end;
$$;
create trigger request_wants_message after insert or update of revision on approval_requests
  for each row execute function request_wants_message();

-- Agreeing, refusing and taking back are seen in the request's own message and need none.
create or replace function operation_wants_message() returns trigger
language plpgsql as $$
begin
  if new.command in ('approve', 'deny', 'withdraw') then
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

-- Whoever asked while the older version ran is shown too.
insert into chat_messages (key, revision)
select 'req-' || id, revision from approval_requests where state = 'waiting'
on conflict (key) do nothing;
