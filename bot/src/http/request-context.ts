import type { IncomingMessage } from "node:http";
import { type RequestContext, wellFormedId, withContext } from "@rollcall/core/protocol/request-context.ts";
import { type Span, startSpan } from "@rollcall/core/protocol/span.ts";
import { continueTrace } from "@rollcall/core/protocol/traceparent.ts";
import type { App } from "./deps.ts";

/** Asked every few seconds by machines; a line and a span each would bury the rest. */
export const QUIET = /^\/(live|ready|health|metrics)\b/;

interface Followed {
  readonly context: RequestContext;
  readonly span: Span | null;
}
const followed = new WeakMap<IncomingMessage, Followed>();

/** The context of a request: ids that the client sent if they are well-formed, its trace goes on. */
export const contextOf = (raw: IncomingMessage, requestId: string): RequestContext => follow(raw, requestId).context;

function follow(raw: IncomingMessage, requestId: string): Followed {
  const known = followed.get(raw);
  if (known !== undefined) return known;
  const parent = String(raw.headers.traceparent ?? "");
  const attributes = { "http.request.method": raw.method ?? "" };
  const span = QUIET.test(raw.url ?? "") ? null : startSpan("answer request", { kind: "server", parent, attributes });
  const context = {
    requestId,
    correlationId: wellFormedId(raw.headers["x-correlation-id"]) ?? requestId,
    customerId: wellFormedId(raw.headers["x-customer-id"]),
    traceparent: span?.traceparent ?? continueTrace(parent),
  };
  const found = { context, span };
  followed.set(raw, found);
  return found;
}

/** Lets everything that a request leads to know its context. */
export function followRequests(app: App): void {
  app.addHook("onRequest", (request, _reply, done) => withContext(contextOf(request.raw, request.id), done));
  // A body is read in the context of its connection, so what follows has to be led back.
  app.addHook("preValidation", (request, _reply, done) => withContext(contextOf(request.raw, request.id), done));
  app.addHook("onResponse", async (request, reply) => {
    const { span } = follow(request.raw, request.id);
    span?.set({ "http.route": request.routeOptions.url ?? "none", "http.response.status_code": reply.statusCode });
    span?.end(reply.statusCode >= 500 ? { code: String(reply.statusCode) } : undefined);
  });
}
