import { requestContext, withContext } from "@rollcall/core/protocol/request-context.ts";
import { inSpan, type SpanAttributes } from "@rollcall/core/protocol/span.ts";
import type { ControlMessage, Envelope } from "@rollcall/core/protocol.ts";

type Message = Pick<ControlMessage & Envelope, "traceparent" | "requestid" | "correlationid" | "customerid">;

export interface Work {
  readonly name: string;
  readonly kind?: "consumer" | "producer";
  readonly about: SpanAttributes;
  /** Whether it begins a trace if the message names none: business does, a canary of the schedule does not. */
  readonly beginsTrace?: boolean;
}

/**
 * Does what a message asks for in the trace that it came with, and with its ids in every log line. The loop that took
 * it may still be in the context of an earlier one, of which nothing is kept.
 */
export async function inTraceOf<Result>(
  message: Message,
  work: Work,
  run: () => Promise<Result> | Result,
): Promise<Result> {
  const { requestid: requestId, correlationid: correlationId, customerid: customerId } = message;
  const context = { requestId, correlationId, customerId, traceparent: parentOf(message) };
  if (message.traceparent === undefined && work.beginsTrace !== true) return await withContext(context, run);
  const facts = { kind: work.kind ?? ("consumer" as const), attributes: work.about };
  return await withContext(context, () => inSpan(work.name, facts, run));
}

/** The span under way, if it is of the message's own trace; else the one that the message names. */
function parentOf({ traceparent }: Message): string | undefined {
  const underWay = requestContext().traceparent;
  const trace = traceparent?.slice(0, 36);
  return trace !== undefined && underWay?.startsWith(trace) ? underWay : traceparent;
}
