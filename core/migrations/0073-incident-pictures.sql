-- A card gets one picture in its thread, whichever process draws it and wherever that one dies.

create table incident_pictures (
  incident bigint primary key references incidents (id),
  -- How often a picture was handed to Slack; whether it arrived is seen afterwards.
  attempts integer not null default 0,
  attempted_at timestamptz,
  -- It stands there (with ts), or there is none to show.
  settled_at timestamptz,
  ts text
);
