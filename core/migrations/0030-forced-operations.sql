-- Whether somebody asked to go past the graceful order, so that the work goes on in the same way after a crash.

alter table operations add column forced boolean not null default false;
alter table approval_requests add column forced boolean not null default false;
