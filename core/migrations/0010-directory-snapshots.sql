-- Who has which role must outlive a restart during an outage of the directory, so the last good list is kept here, whole or not at all.

create table directory_generations (
  generation bigint generated always as identity primary key,
  -- At most one list is in force, and at most one waits to be confirmed because it shrank too much.
  state text not null check (state in ('in-force', 'held', 'past')),
  -- SHA-256 of who has which role from where, hex.
  digest text not null,
  -- Why no change may rest on rights while it waits.
  held_because text,
  -- Begin of the first and of the last complete reading that said the same.
  first_read_at timestamptz not null,
  last_read_at timestamptz not null,
  -- Who is in a group and has no role all the same, and why.
  left_out text[] not null default '{}',
  accepted_by text,
  accepted_at timestamptz,
  check ((state = 'held') = (held_because is not null)),
  check ((accepted_by is null) = (accepted_at is null))
);
create unique index directory_generations_one_in_force on directory_generations (state) where state = 'in-force';
create unique index directory_generations_one_held on directory_generations (state) where state = 'held';

create table directory_people (
  generation bigint not null references directory_generations on delete cascade,
  id text not null,
  name text not null,
  mails text[] not null,
  is_external boolean not null,
  primary key (generation, id)
);

create table directory_memberships (
  generation bigint not null,
  person text not null,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  from_group text not null,
  via text[] not null default '{}',
  -- Without a break, through all generations before.
  known_since timestamptz not null,
  primary key (generation, person, role),
  foreign key (generation, person) references directory_people (generation, id) on delete cascade
);

-- One row: what became of the last attempt to read, for replicas that do not read themselves.
create table directory_attempts (
  single boolean primary key default true check (single),
  at timestamptz not null,
  problem text check (problem in ('quota', 'away', 'config')),
  words text,
  check ((problem is null) = (words is null))
);
