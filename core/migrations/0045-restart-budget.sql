-- How often agents were restarted lately is asked at each further restart, so the rows of the last minutes must be found at once.

create index operations_by_creation on operations (created_at);
create index incidents_by_resolution on incidents (resolved_at) where state = 'resolved';
