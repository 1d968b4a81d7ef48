import type { ChatMessage } from "@rollcall/core/adapters/slack/chat.ts";
import type { ContextBlock, KnownBlock, SectionBlock } from "@slack/types";
import { cut, lockScreen } from "./text.ts";

// Our own limits, tighter than Slack's (ux section 2).
export const CARD_BLOCKS = 9;
export const CARD_CHARACTERS = 1200;
export const HEADLINE_CHARACTERS = 80;

/** A section that a phone shows whole. `verbatim`: Slack makes no links, channels or names out of plain words. */
export const section = (text: string): SectionBlock => ({
  type: "section",
  expand: true,
  text: { type: "mrkdwn", text, verbatim: true },
});

export const context = (text: string): ContextBlock => ({
  type: "context",
  elements: [{ type: "mrkdwn", text, verbatim: true }],
});

/** At most four values side by side; none of them, none of it. */
export const fields = (values: readonly string[]): SectionBlock[] =>
  values.length === 0
    ? []
    : [
        {
          type: "section",
          fields: values.slice(0, 10).map((text) => ({ type: "mrkdwn", text: cut(text, 2000), verbatim: true })),
        },
      ];

/** Joins what there is to say with " · ". */
export const joined = (parts: readonly (string | null | undefined | false)[]): string =>
  parts.filter((part) => part).join(" · ");

/** Characters that a reader sees: a link counts as its label, a date as its clock time. */
export function countShown(blocks: readonly KnownBlock[]): number {
  const texts = blocks.flatMap((block) => {
    if (block.type === "section") return [block.text?.text ?? "", ...(block.fields ?? []).map((field) => field.text)];
    if (block.type === "context") return block.elements.map((element) => ("text" in element ? element.text : ""));
    return [];
  });
  return texts.reduce((sum, text) => sum + [...shown(text)].length, 0);
}

const shown = (text: string): string => text.replace(/<[^>|]*\|([^>]*)>/g, "$1").replace(/&(amp|lt|gt);/g, "&");

/** A card within our own limits: from the end, the least needed sections are left out until it fits. */
export function card(text: string, blocks: readonly (KnownBlock & { optional?: boolean })[]): ChatMessage {
  const kept = [...blocks];
  while (kept.length > CARD_BLOCKS || countShown(kept) > CARD_CHARACTERS) {
    const least = kept.findLastIndex((block) => block.optional);
    if (least === -1) break;
    kept.splice(least, 1);
  }
  return {
    text: lockScreen(text),
    blocks: kept.map(({ optional: _optional, ...block }) => block as KnownBlock),
  };
}

/** Marks a block that a card can do without. */
export const optional = <Block extends KnownBlock>(block: Block): Block & { optional: true } => ({
  ...block,
  optional: true,
});
