-- A browser cannot send a token with a WebSocket, so it first gets a ticket, which any replica must be able to take once.

create table live_tickets (
  -- SHA-256 of the ticket; the ticket itself is stored nowhere.
  hash bytea primary key,
  person text not null,
  token_id text not null,
  topics text[] not null,
  -- Page that asked for it; null: none did, a server on its behalf.
  origin text,
  expires_at timestamptz not null
);

create index live_tickets_by_person on live_tickets (person, expires_at);
create index live_tickets_by_expiry on live_tickets (expires_at);
