import { requestContext, withContext } from "./request-context.ts";
import { continueTrace } from "./traceparent.ts";

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanFacts {
  /** Side of a call or of the bus that it stands on; `internal` if not said. */
  readonly kind?: "internal" | "server" | "client" | "producer" | "consumer";
  /** W3C trace context that it goes on from; the one under way if not said, a new trace if there is none. */
  readonly parent?: string | undefined;
  readonly attributes?: SpanAttributes;
}

/** A piece of work with a beginning and an end. */
export interface Span {
  /** What others go on from. */
  readonly traceparent: string;
  set(attributes: SpanAttributes): void;
  /** @param error why it failed; nothing if it did not */
  end(error?: unknown): void;
}

/** Whoever keeps spans. */
export interface Tracer {
  start(name: string, facts: SpanFacts): Span;
  /** Does work so that other instruments of the process find the span. */
  within?<Result>(span: Span, work: () => Result): Result;
  /** Resolves when what has ended is sent, or cannot be. */
  flush?(): Promise<void>;
}

/** Nobody keeps spans: the trace is handed on, and that is all. */
const carrying: Tracer = {
  start: (_name, { parent }) => ({
    traceparent: continueTrace(parent),
    set: () => undefined,
    end: () => undefined,
  }),
};

let tracer = carrying;

/** From now on spans of this process go to this tracer; without one the trace is only handed on. */
export function useTracer(other: Tracer): void {
  tracer = other;
}

/** Begins a span; whoever begins it must end it. */
export const startSpan = (name: string, facts: SpanFacts = {}): Span =>
  tracer.start(name, { ...facts, parent: facts.parent ?? requestContext().traceparent });

/** Does work in a span of its own: `{verb} {object}`, ids go to the attributes. */
export async function inSpan<Result>(
  name: string,
  facts: SpanFacts,
  work: (span: Span) => Promise<Result> | Result,
): Promise<Result> {
  const span = startSpan(name, facts);
  const within = tracer.within ?? ((_span: Span, run: () => Promise<Result>) => run());
  try {
    const run = async (): Promise<Result> => await work(span);
    const context = { ...requestContext(), traceparent: span.traceparent };
    const result = await withContext(context, () => within(span, run));
    span.end();
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}

/** As `inSpan` if there is a trace to go on with; work that nobody asked for begins none. */
export const inSpanOfTrace = <Result>(name: string, facts: SpanFacts, work: () => Promise<Result>): Promise<Result> =>
  requestContext().traceparent === undefined ? work() : inSpan(name, facts, work);

/** Resolves when the spans that have ended are sent, or cannot be. */
export const flushSpans = (): Promise<void> => tracer.flush?.() ?? Promise.resolve();
