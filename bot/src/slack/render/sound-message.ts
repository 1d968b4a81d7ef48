import type { ChatMessage } from "@rollcall/core/adapters/slack/chat.ts";
import { validateMessage } from "@rollcall/local/slack/block-kit.ts";
import { expect } from "vitest";
import { CARD_BLOCKS, CARD_CHARACTERS, countShown } from "./blocks.ts";

/** Texts that labels, errors and names may hold. */
export const HOSTILE = [
  "<!channel> <!here> <@U0VICTIM> <!subteam^S1> <#C1>",
  "<https://evil.example|https://grafana.example>",
  "``` *bold* _it_ ~no~ `code` & &lt;!channel&gt;",
  "{{time:1795142452000}} {{time:9999999999999999}}",
  "🧨".repeat(3000),
  "&".repeat(4000),
  "x".repeat(100_000),
  "line\nbreak\u202eesrever\u0000\u200b\ud800 half",
  "",
  " ",
];

export const words = (message: ChatMessage): string => JSON.stringify(message.blocks);
export const elements = (message: ChatMessage) =>
  message.blocks.flatMap((block) => (block.type === "actions" ? block.elements : []));
export const labels = (message: ChatMessage) =>
  elements(message).map((element) => (element.type === "button" ? element.text.text : element.type));

/** What must hold for every message, whatever is in it. */
export function expectSound(message: ChatMessage): void {
  expect(validateMessage(message)).toEqual([]);
  expect(message.text.length).toBeGreaterThan(0);
  expect(Array.from(message.text).length).toBeLessThanOrEqual(150);
  // Buttons hold plain text and values, in which nothing is read as markup.
  const all = JSON.stringify([message.text, message.blocks.filter(({ type }) => type !== "actions")]);
  expect(all).not.toMatch(/<!(channel|here|everyone|subteam)/);
  expect(all).not.toContain("<@U0VICTIM");
  expect(all).not.toContain("<https://evil");
  expect(all).not.toContain("{{time:");
  expect(message.text).not.toMatch(/<!date|<@/);
}

export function expectCard(message: ChatMessage): void {
  expectSound(message);
  expect(message.blocks.length).toBeLessThanOrEqual(CARD_BLOCKS);
  expect(countShown(message.blocks)).toBeLessThanOrEqual(CARD_CHARACTERS);
}
