-- graphile-worker keeps a killed worker's job locked for hours, so each control service proves with a lease that it lives.

create sequence control_epochs;

create table control_leases (
  id uuid primary key,
  -- Where it runs, the same after a restart: the successor knows its dead predecessor by it.
  instance text not null,
  -- Grows with each lease that is taken or taken over; work is fenced by it.
  epoch bigint not null unique default nextval('control_epochs'),
  worker_ids text[] not null default '{}',
  started_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);
