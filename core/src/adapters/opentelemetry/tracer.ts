import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import type { Span, SpanAttributes, Tracer } from "../../protocol/span.ts";
import { readTraceparent, writeTraceparent } from "../../protocol/traceparent.ts";
import { redact } from "../../secrets/redact.ts";

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

/** Keeps spans with the OpenTelemetry SDK that this process has started. */
export function createTracer(flush: () => Promise<void>): Tracer {
  const tracer = trace.getTracer("rollcall");
  const contexts = new WeakMap<Span, ReturnType<typeof trace.setSpan>>();
  return {
    start(name, { kind = "internal", parent, attributes = {} }) {
      const around = contextOf(parent);
      const begun = tracer.startSpan(name, { kind: KINDS[kind], attributes: withoutSecrets(attributes) }, around);
      const { traceId, spanId, traceFlags } = begun.spanContext();
      const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
      const span: Span = {
        traceparent: writeTraceparent({ traceId, spanId, isSampled }),
        set: (more) => void begun.setAttributes(withoutSecrets(more)),
        end(error) {
          // The message of an error may repeat what somebody typed; its kind says enough here.
          if (error !== undefined) {
            begun.setStatus({ code: SpanStatusCode.ERROR });
            begun.setAttribute("error.type", kindOf(error));
          }
          begun.end();
        },
      };
      contexts.set(span, trace.setSpan(around, begun));
      return span;
    },
    within: (span, work) => context.with(contexts.get(span) ?? ROOT_CONTEXT, work),
    flush,
  };
}

/** A name that was asked for may be a secret in the wrong place. */
const withoutSecrets = (attributes: SpanAttributes): SpanAttributes =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, typeof value === "string" ? redact(value) : value]),
  );

function contextOf(parent: string | undefined) {
  const known = readTraceparent(parent);
  if (known === null) return ROOT_CONTEXT;
  const { traceId, spanId, isSampled } = known;
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

function kindOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === "string") return code;
  return error instanceof Error ? error.name : "unknown";
}
