import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from "@slack/web-api";
import { inSpanOfTrace } from "../../protocol/span.ts";

/**
 * What became of a call.
 * `unknown`: it may have worked (no answer, or an error of the server). `later`: rate limited, nothing happened.
 * `gone`: the message or channel is no longer there for us. `refused`: Slack does not take it, with its word for it.
 */
export type ChatOutcome =
  | { readonly kind: "done"; readonly channel: string; readonly ts: string }
  | { readonly kind: "unknown"; readonly why: string }
  | { readonly kind: "later"; readonly seconds: number }
  | { readonly kind: "gone"; readonly why: string }
  | { readonly kind: "refused"; readonly why: string };

const GONE = new Set(["message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"]);

/** One call of Slack's, and what became of it; never throws. */
export async function settle(call: () => Promise<ChatOutcome>): Promise<ChatOutcome> {
  try {
    return await inSpanOfTrace("call Slack", { kind: "client" }, call);
  } catch (error) {
    return outcomeOf(error);
  }
}

function outcomeOf(error: unknown): ChatOutcome {
  if (error instanceof WebAPIRateLimitedError) return { kind: "later", seconds: Math.max(1, error.retryAfter) };
  if (error instanceof WebAPIPlatformError) return outcomeOfAnswer(error.data.error, error.data);
  if (error instanceof WebAPIHTTPError) return { kind: "unknown", why: `HTTP ${error.statusCode}` };
  if (error instanceof WebAPIRequestError) return { kind: "unknown", why: error.original.message };
  return { kind: "unknown", why: error instanceof Error ? error.message : "no answer" };
}

/** Slack's word for what is wrong; some of them mean its own trouble, after which a post may stand or not. */
function outcomeOfAnswer(answer: string, data: { response_metadata?: { messages?: string[] } }): ChatOutcome {
  if (GONE.has(answer)) return { kind: "gone", why: answer };
  if (answer === "ratelimited" || answer === "rate_limited") return { kind: "later", seconds: 30 };
  if (["internal_error", "fatal_error", "request_timeout", "service_unavailable"].includes(answer))
    return { kind: "unknown", why: answer };
  const detail = data.response_metadata?.messages?.join("; ");
  return { kind: "refused", why: detail ? `${answer}: ${detail.slice(0, 300)}` : answer };
}
