-- What a command usually takes is asked whenever one is accepted, and an agent's history grows for ever: its last runs are found by an index.

create table operation_outcomes (
  agent text not null,
  command text not null,
  operation bigint not null references operations (id),
  helped boolean not null,
  -- From its first stage to the end of its last one; null if no stage has ended.
  seconds double precision,
  primary key (agent, command, operation)
);

-- Only what was carried out tells how the next time will be.
create function outcomes_of(ended operations) returns setof operation_outcomes
language sql stable as $$
  select
    target ->> 'agent',
    ended.command,
    ended.id,
    target ->> 'ending' in ('done', 'recovered'),
    (select (max((stage ->> 'endedAt')::double precision) - min((stage ->> 'startedAt')::double precision)) / 1000
     from jsonb_array_elements(target -> 'stages') as stage)
  from jsonb_array_elements(ended.targets) as target
  where target ->> 'agent' = any(ended.agents)
    and target ->> 'ending' not in ('refused', 'expired', 'cancelled', 'not-touched');
$$;

insert into operation_outcomes
select outcome.* from operations, outcomes_of(operations) as outcome where state = 'ended'
on conflict do nothing;

-- An outcome that is found out later replaces what was noted at the end.
create function note_outcomes() returns trigger
language plpgsql as $$
begin
  delete from operation_outcomes
  where agent = any(new.agents) and command = new.command and operation = new.id;
  insert into operation_outcomes select * from outcomes_of(new) on conflict do nothing;
  return null;
end;
$$;
create trigger operation_ends after insert or update of state, targets on operations
  for each row when (new.state = 'ended') execute function note_outcomes();
