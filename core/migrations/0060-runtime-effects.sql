-- PM2, systemd, Docker and Kubernetes know of no command ids, so what was done to them is written down here, before it is done.

create table runtime_effects (
  command_id text primary key,
  -- What it does: start billing.
  effect text not null,
  -- The process that it met: {"pid": 4711, "startedAt": 1795909822908}.
  before jsonb not null,
  begun_at timestamptz not null default clock_timestamp(),
  -- Null: begun, and nobody knows what became of it.
  answer jsonb
);
create index runtime_effects_begun on runtime_effects (begun_at);
