-- How often somebody may change something is the same for all control services and outlives their restart, so it is counted here.

create table limit_uses (
  -- Who is counted: person:anna.
  principal text not null,
  limit_name text not null,
  -- The same wish again, repeated by Slack or a client, is not counted again.
  wish text not null,
  used_at timestamptz not null,
  primary key (principal, limit_name, wish)
);

-- Counts a use under all limits, or under none and says which one is used up and when it is free again.
-- Rows of a principal are as many as their limits allow; older ones go with the next use.
create function limit_take(who text, what text, limits jsonb) returns table (limit_name text, free_at timestamptz)
language plpgsql as $$
declare
  asked record;
  oldest timestamptz;
  moment timestamptz;
begin
  -- One after another for one principal: two at once would each see the last free place.
  perform pg_advisory_xact_lock(hashtextextended('limit ' || who, 0));
  moment := clock_timestamp();
  for asked in
    select entry ->> 'name' as name, (entry ->> 'most')::integer as most, make_interval(secs => (entry ->> 'seconds')::integer) as span
    from jsonb_array_elements(limits) as entry
  loop
    delete from limit_uses as gone where gone.principal = who and gone.limit_name = asked.name and gone.used_at <= moment - asked.span;
    continue when exists (
      select 1 from limit_uses as same where same.principal = who and same.limit_name = asked.name and same.wish = what
    );
    -- The use that must end before there is a free place.
    select nth.used_at into oldest from limit_uses as nth
    where nth.principal = who and nth.limit_name = asked.name
    order by nth.used_at desc offset asked.most - 1 limit 1;
    if found then
      limit_name := asked.name;
      free_at := oldest + asked.span;
      return next;
      return;
    end if;
  end loop;
  insert into limit_uses (principal, limit_name, wish, used_at)
    select who, entry ->> 'name', what, moment from jsonb_array_elements(limits) as entry
    on conflict do nothing;
end;
$$;
