import type { ModalWindow } from "@rollcall/core/adapters/slack/chat.ts";
import type { KnownBlock } from "@slack/types";
import { context, section } from "./blocks.ts";
import type { Order } from "./buttons.ts";
import { markup, plain } from "./text.ts";

/** Name of the window, and of its fields. */
export const SILENCE_VIEW = "silence";
const TIME = "time";
const WHY = "text";
const TIMES = ["30m", "1h", "4h", "until 08:30"] as const;
const USUAL = "1h";
// As the command takes it.
const MOST_WHY = 200;
const LEAST_WHY = 3;
// Slack's limit of private_metadata: docs.slack.dev, views.
const MOST_METADATA = 3000;

const word = (text: string, most = 75) => ({
  type: "plain_text" as const,
  text: plain(text, most) || "–",
  emoji: true,
});
const option = (time: string) => ({ text: word(time.replace(/^(\d+)/, "$1 ").replace("m", "min")), value: time });

/**
 * Asks how long and why. @param mutes what it mutes, in words
 * @returns null if the order does not fit into a window
 */
export function silenceView(order: Order, { who, mutes }: { who: string; mutes: string }): ModalWindow | null {
  const metadata = JSON.stringify(order);
  if (metadata.length > MOST_METADATA) return null;
  const blocks: KnownBlock[] = [
    section(`*Silence ${markup(plain(who, 200), 400)}*`),
    {
      ...{ type: "input", block_id: TIME, label: word("How long") },
      element: {
        ...{ type: "static_select", action_id: TIME, options: TIMES.map(timeOption) },
        initial_option: timeOption(USUAL),
      },
    },
    {
      ...{
        type: "input",
        block_id: WHY,
        label: word("Why"),
        hint: word("It stands on the card and in the audit log."),
      },
      element: { type: "plain_text_input", action_id: WHY, max_length: MOST_WHY, min_length: LEAST_WHY },
    },
    context(`${markup(mutes, 600)} · Nothing has happened yet.`),
  ];
  return {
    ...{ type: "modal", callback_id: SILENCE_VIEW, private_metadata: metadata, blocks },
    ...{ title: word("Silence", 24), submit: word("Silence", 24), close: word("Not now", 24) },
  };
}

const timeOption = (time: string) => (time.startsWith("until") ? { text: word(time), value: time } : option(time));

/** What was filled in. @param values `view.state.values` of a submission */
export function silenceIn(values: unknown): { time: string; text: string } {
  const fields = values as Record<
    string,
    Record<string, { value?: unknown; selected_option?: { value?: unknown } }>
  > | null;
  const time = fields?.[TIME]?.[TIME]?.selected_option?.value;
  const text = fields?.[WHY]?.[WHY]?.value;
  return { time: typeof time === "string" ? time : USUAL, text: typeof text === "string" ? text.trim() : "" };
}

/** The field that a refusal belongs to. */
export const whyRefused = (why: string): Record<string, string> => ({ [WHY]: why });
