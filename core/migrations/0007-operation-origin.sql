-- An operation that goes on after a crash must stay in the trace of the click that began it, so its row carries the trace.

alter table operations
  -- W3C trace context of the span that accepted it.
  add column traceparent text,
  add column correlation_id text,
  add column customer_id text;
