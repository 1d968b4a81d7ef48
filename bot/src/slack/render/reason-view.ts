import type { ChatMessage, ModalWindow } from "@rollcall/core/adapters/slack/chat.ts";
import type { KnownBlock } from "@slack/types";
import { context, section } from "./blocks.ts";
import { type Order, readOrder } from "./buttons.ts";
import { markup, plain } from "./text.ts";

/** Name of the window, and of the field in it. */
export const REASON_VIEW = "reason";
const FIELD = "reason";

// Slack's limit of private_metadata: docs.slack.dev, views.
const MOST_METADATA = 3000;
const MOST_REASON = 200;

const word = (text: string) => ({ type: "plain_text" as const, text, emoji: true });

/** Asks why, where somebody else has to agree. @returns null if the order does not fit into a window */
export function reasonView(order: Order, { what, why }: { what: string; why: string }): ModalWindow | null {
  const metadata = JSON.stringify(order);
  if (metadata.length > MOST_METADATA) return null;
  const blocks: KnownBlock[] = [
    section(`*${markup(plain(what, 200), 400)}*\n${sentence(markup(why, 600))} Nothing has happened yet.`),
    {
      type: "input",
      block_id: FIELD,
      label: word("Reason"),
      hint: word("The second person sees it, and it stays in the audit log."),
      element: { type: "plain_text_input", action_id: FIELD, max_length: MOST_REASON, min_length: 1 },
    },
  ];
  return {
    ...{ type: "modal", callback_id: REASON_VIEW, private_metadata: metadata, blocks },
    ...{ title: word("A second person"), submit: word("Ask"), close: word("Not now") },
  };
}

/** What became of it, in the same window; its buttons belong into a conversation. */
export function answerView({ blocks }: ChatMessage, title = "A second person"): ModalWindow {
  const kept = blocks.filter(({ type }) => type !== "actions");
  const rest = kept.length === blocks.length ? [] : [context("To go on, type it in a conversation.")];
  return { type: "modal", title: word(title), close: word("Close"), blocks: [...kept, ...rest] };
}

/** What a window was opened for. The command path asks everything anew, so a forged one asks for no more than its words. */
export const orderOf = (metadata: unknown): Order | null =>
  typeof metadata === "string" && metadata.length <= MOST_METADATA ? readOrder(metadata) : null;

/** @param values `view.state.values` of a submission */
export function reasonIn(values: unknown): string {
  const field = (values as Record<string, Record<string, { value?: unknown }>> | null)?.[FIELD]?.[FIELD]?.value;
  return typeof field === "string" ? field.trim().slice(0, MOST_REASON) : "";
}

/** The field that a refusal belongs to. */
export const reasonRefused = (why: string): Record<string, string> => ({ [FIELD]: why });

const sentence = (words: string): string => `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;
