import { requestContext, withContext } from "@rollcall/core/protocol/request-context.ts";
import { inSpan } from "@rollcall/core/protocol/span.ts";
import type { AllMiddlewareArgs, AnyMiddlewareArgs } from "@slack/bolt";

/** Lets everything that a request of Slack leads to know its context; through a socket it has none to begin with. */
export async function followSlack({ body, context, next }: AnyMiddlewareArgs & AllMiddlewareArgs): Promise<void> {
  const requestId = String(context.requestId);
  const around = requestContext();
  const own = around.requestId === undefined ? { requestId, correlationId: requestId } : around;
  const attributes = { "rollcall.slack.request": kindOf(body) };
  await withContext(own, () => inSpan("handle Slack request", { attributes }, () => next()));
}

/** `block_actions`, `event_callback`; a slash command says no type. */
const kindOf = (body: object): string =>
  "type" in body && typeof body.type === "string" ? body.type : "slash_command";
