-- Messages are made from the rows they show, so that after a crash whatever is behind is found and edited.

create table chat_messages (
  -- op-481, inc-7, or op-481:ending.
  key text primary key,
  -- Revision of the row that the message is to show.
  revision integer not null,
  channel text,
  ts text,
  shown_revision integer not null default 0,
  -- A post was begun there whose answer was never seen.
  attempted_channel text,
  attempted_at timestamptz,
  wanted_at timestamptz not null default clock_timestamp()
);
create index chat_messages_behind on chat_messages (wanted_at) where shown_revision < revision;

create function want_message(message_key text, row_revision integer) returns void
language sql as $$
  insert into chat_messages as message (key, revision) values (message_key, row_revision)
  on conflict (key) do update
    set
      revision = excluded.revision,
      -- Whoever has waited longest comes first.
      wanted_at = case when message.shown_revision < message.revision then message.wanted_at else excluded.wanted_at end
    where message.revision < excluded.revision;
$$;

-- An operation that was started from a card is shown in the card, so its change is a change of the incident.
create function operation_wants_message() returns trigger
language plpgsql as $$
begin
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
create trigger operation_wants_message after insert or update of revision on operations
  for each row execute function operation_wants_message();

create function incident_wants_message() returns trigger
language plpgsql as $$
begin
  perform want_message('inc-' || new.id, new.revision);
  return null;
end;
$$;
create trigger incident_wants_message after insert or update of revision on incidents
  for each row execute function incident_wants_message();
