import { AsyncLocalStorage } from "node:async_hooks";
import { readTraceparent } from "./traceparent.ts";

/** What work is done for; kept beside it through every await, so that nobody has to hand it on. */
export interface RequestContext {
  readonly requestId?: string | undefined;
  /** Same for all that follows from one wish, one order or one run. */
  readonly correlationId?: string | undefined;
  /** Whose business it is. */
  readonly customerId?: string | undefined;
  /** W3C trace context of the span that is under way. */
  readonly traceparent?: string | undefined;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** Does work in this context, and in nothing of the one around it. */
export const withContext = <Result>(context: RequestContext, work: () => Result): Result => storage.run(context, work);

/** The context of the work that is under way; empty outside of any. */
export const requestContext = (): RequestContext => storage.getStore() ?? {};

/** What is set of `request_id`, `correlation_id`, `customer_id` and `trace_id`, as log lines name them. */
export function contextFields(context: RequestContext = requestContext()): Record<string, string> {
  const fields = {
    request_id: context.requestId,
    correlation_id: context.correlationId,
    customer_id: context.customerId,
    trace_id: readTraceparent(context.traceparent)?.traceId,
  };
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined),
  );
}

// Ids come from outside: they stand in headers, log lines and rows as they are.
const WELL_FORMED = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$/;

/** The id as it was given, if it is at most 100 of A-Z a-z 0-9 . _ : @ - ; else nothing. */
export const wellFormedId = (given: unknown): string | undefined =>
  typeof given === "string" && WELL_FORMED.test(given) ? given : undefined;
