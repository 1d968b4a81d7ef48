-- Who has signed in at our own pages must be known to every replica and after a restart, and nobody who reads these tables may use what is in them.

create table sessions (
  id uuid primary key default gen_random_uuid(),
  -- `sub` of the Google account. Who that is, and what they may do, is looked up at every request; no right is kept here.
  google text not null,
  -- With what Google is asked whether the account still stands; sealed with a key that is not in this database.
  grant_sealed bytea,
  created_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp(),
  -- When Google last said that the account stands, and since when a replica is asking.
  confirmed_at timestamptz not null default clock_timestamp(),
  asked_at timestamptz
);
create index sessions_by_google on sessions (google);
create index sessions_by_age on sessions (created_at);

-- A session changes its id now and then; an earlier id that comes back after its successor was used is a stolen one.
create table session_ids (
  -- SHA-256 of what the cookie holds; the cookie's text is stored nowhere.
  hash bytea primary key,
  session uuid not null references sessions (id) on delete cascade,
  issued_at timestamptz not null default clock_timestamp(),
  first_used_at timestamptz,
  replaced_at timestamptz
);
create index session_ids_by_session on session_ids (session, issued_at);

-- A sign-in that came back from Google counts once; it is remembered for as long as it could come again.
create table sign_ins_used (
  hash bytea primary key,
  expires_at timestamptz not null
);
create index sign_ins_used_by_expiry on sign_ins_used (expires_at);
