import type { ChatMessage } from "@rollcall/core/adapters/slack/chat.ts";
import { type Failure, type FailureCode, isFailure } from "@rollcall/core/domain/failure.ts";
import { context, joined, section } from "./blocks.ts";
import { buttonRow, type OrderButton } from "./buttons.ts";
import { foreign, lockScreen, markup } from "./text.ts";

export interface RefusalFrame {
  /** What was asked, in words: "restart billing". */
  readonly what: string;
  /** Id to quote. */
  readonly ref: string;
  /** "Did you mean": at most three are shown. */
  readonly suggestions: readonly OrderButton[];
}

/** The one table from a failure's code to the words before its message; null: the message says it all. */
const OPENING: Readonly<Record<FailureCode, string | null>> = {
  invalid_input: null,
  unknown_agent: null,
  unknown_command: null,
  not_found: null,
  unauthenticated: "🚫 *Not done",
  forbidden: "🚫 *Not done",
  conflict: "🚫 *Not done",
  expired: "⌛ *Not done",
  too_many_requests: "🔒 *Not done",
  unavailable: "⚠️ *Not accepted",
  timeout: "❔ *No answer in time",
};

/** What was not done, why, who can do it now or what to do next, and the id to quote. */
export function refusalMessage(error: unknown, frame: RefusalFrame): ChatMessage {
  return isFailure(error) ? failureMessage(error, frame) : bugMessage(frame);
}

function failureMessage({ code, message, detail }: Failure, { what, ref, suggestions }: RefusalFrame): ChatMessage {
  const opening = OPENING[code];
  const words = sentence(markup(message, 1500));
  const headline = opening === null ? words : `${opening}: ${foreign(what, 120)}.* ${words}`;
  const small = joined([
    detail.rule !== undefined && `rule ${foreign(detail.rule, 60)}`,
    detail.next !== undefined && markup(detail.next, 600),
    `ref ${foreign(ref, 80)}`,
  ]);
  return {
    text: lockScreen(opening === null ? message : `Not done: ${what}. ${message}`),
    blocks: [section(headline), context(small), ...buttonRow(suggestions.slice(0, 3), suggestions.slice(3))],
  };
}

/** Messages may be half sentences that fit anywhere: "restart needs operator; you are viewer". An id keeps its letters: req-31. */
function sentence(words: string): string {
  const first = /^[a-z]+-\d/.test(words) ? words : words.slice(0, 1).toUpperCase() + words.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}

function bugMessage({ what, ref }: RefusalFrame): ChatMessage {
  return {
    text: lockScreen(`Something broke: ${what}. Reference ${ref}`),
    blocks: [
      section(
        `⚠️ *Something broke: ${foreign(what, 120)}.* Whether anything was done is not known; \`/fleet status\` tells.`,
      ),
      context(`ref ${foreign(ref, 80)}`),
    ],
  };
}
