-- An agent that somebody stopped on purpose must not alarm, so what is wanted is kept apart from what is.

create table desired_states (
  agent text primary key,
  state text not null check (state in ('running', 'stopped', 'paused')),
  wanted_by text,
  since timestamptz,
  reason text
);

-- One row: how often a desired state was changed. It never goes back, so a compiled fleet can be ordered by it.
create table desired_state_changes (
  only_row boolean primary key default true check (only_row),
  changes bigint not null
);
insert into desired_state_changes (changes) values (0);
