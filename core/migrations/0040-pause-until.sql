-- A pause may end by itself, also when the control service was away meanwhile, so its end is stored and not only waited for.

alter table desired_states add column until timestamptz check (until is null or state = 'paused');
