-- The card of an incident is written later, by whichever replica leads, so its row carries the trace of what changed it.

alter table incidents
  -- W3C trace context of the delivery, or of the acknowledgement, that changed it last.
  add column traceparent text;
