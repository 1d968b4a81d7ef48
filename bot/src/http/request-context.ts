import type { IncomingMessage } from "node:http";
import { type RequestContext, wellFormedId, withContext } from "@rollcall/core/protocol/request-context.ts";
import { continueTrace } from "@rollcall/core/protocol/traceparent.ts";
import type { App } from "./deps.ts";

const contexts = new WeakMap<IncomingMessage, RequestContext>();

/** The context of a request: ids that the client sent if they are well-formed, its trace goes on. */
export function contextOf(raw: IncomingMessage, requestId: string): RequestContext {
  const known = contexts.get(raw);
  if (known !== undefined) return known;
  const context = {
    requestId,
    correlationId: wellFormedId(raw.headers["x-correlation-id"]) ?? requestId,
    customerId: wellFormedId(raw.headers["x-customer-id"]),
    traceparent: continueTrace(String(raw.headers.traceparent ?? "")),
  };
  contexts.set(raw, context);
  return context;
}

/** Lets everything that a request leads to know its context. */
export function followRequests(app: App): void {
  app.addHook("onRequest", (request, _reply, done) => withContext(contextOf(request.raw, request.id), done));
  // A body is read in the context of its connection, so what follows has to be led back.
  app.addHook("preValidation", (request, _reply, done) => withContext(contextOf(request.raw, request.id), done));
}
