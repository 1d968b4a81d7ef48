-- What agents report of their runs is kept for people: who began it, how far it came, how it ended, if it did.

create table runs (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
  name text not null,
  -- Who began it; nobody else can begin it again.
  agent text not null,
  parent_id text,
  -- Who may say how it ended, beside the agent that began it.
  ended_by text[] not null default '{}',
  steps_total integer not null,
  step integer not null default 0,
  within_seconds double precision not null,
  started_at timestamptz not null,
  heard_at timestamptz not null,
  ended_at timestamptz,
  -- Null while nobody has said how it ended: then it is not known, and never "completed".
  outcome text check (outcome in ('completed', 'failed', 'cancelled')),
  detail text,
  check ((ended_at is null) = (outcome is null))
);
create index runs_by_start on runs (started_at desc, id);

create table run_steps (
  run_id text not null references runs (id) on delete cascade,
  step integer not null,
  name text not null,
  agent text not null,
  reached_at timestamptz not null,
  primary key (run_id, step)
);
