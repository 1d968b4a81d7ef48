-- People make and end API tokens, and say which Slack user they are, themselves; that must count in every replica within two seconds.

create table api_tokens (
  id bigint generated always as identity primary key,
  -- Id of the person in the directory; what they may do is looked up at every use.
  person text not null,
  name text not null check (length(name) between 1 and 60),
  -- SHA-256 of the token; its text is shown once and stored nowhere.
  hash bytea not null unique,
  scopes text[] not null check (scopes <@ array['read', 'act'] and cardinality(scopes) > 0),
  made_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null check (expires_at <= made_at + interval '90 days 1 minute'),
  -- The day is enough to see what nobody uses any more.
  last_used_on date,
  revoked_at timestamptz,
  revoked_by text,
  check ((revoked_at is null) = (revoked_by is null))
);
create index api_tokens_by_person on api_tokens (person, id);
create index api_tokens_in_force on api_tokens (expires_at) where revoked_at is null;

create table slack_links (
  team text not null,
  slack_user text not null,
  -- `sub` of the Google account that this Slack user proved to be; an address may be somebody else's tomorrow.
  google text not null,
  linked_at timestamptz not null default clock_timestamp(),
  primary key (team, slack_user)
);
create index slack_links_by_google on slack_links (google);

-- What a Slack user was sent to prove it with: an address that serves once, for some minutes.
create table slack_link_proposals (
  hash bytea primary key,
  team text not null,
  slack_user text not null,
  expires_at timestamptz not null
);
create index slack_link_proposals_by_user on slack_link_proposals (team, slack_user);
create index slack_link_proposals_by_expiry on slack_link_proposals (expires_at);
