import type { ModalWindow } from "@rollcall/core/adapters/slack/chat.ts";
import type { InputBlock } from "@slack/types";
import type { Order } from "./buttons.ts";

/** Name of the window that asks for words which a button cannot carry. */
export const TEXT_VIEW = "text";

// Slack's limit of private_metadata: docs.slack.dev, views.
const MOST_METADATA = 3000;

interface Field {
  /** Of the command's input. */
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly most: number;
  readonly isOptional?: true;
  readonly isLong?: true;
}

interface Form {
  readonly title: string;
  readonly submit: string;
  /** The first one is what the order lacks. */
  readonly fields: readonly [Field, ...Field[]];
}

const FORMS: Readonly<Record<string, Form>> = {
  "incident-note": {
    ...{ title: "Add a note", submit: "Add" },
    fields: [
      {
        ...{ name: "text", label: "Note", most: 2000, isLong: true },
        hint: "It stands in the timeline, in the card's thread and in the post-mortem.",
      },
    ],
  },
  "incident-open": {
    ...{ title: "Open an incident", submit: "Open" },
    fields: [
      {
        ...{ name: "what", label: "What is wrong", most: 200 },
        hint: "A card in the channel of alerts shows it. It rings nobody's phone.",
      },
    ],
  },
  "incident-close": {
    ...{ title: "Close an incident", submit: "Close it" },
    fields: [
      { name: "text", label: "What it was", most: 500, isLong: true, hint: "Its card, its timeline and lists say so." },
      {
        name: "helped",
        label: "What helped",
        most: 500,
        isOptional: true,
        hint: "Whoever has it next reads that first.",
      },
    ],
  },
};

const word = (text: string) => ({ type: "plain_text" as const, text, emoji: true });

/** Asks for the words that an order lacks. @returns null if it lacks none, or does not fit into a window */
export function textView(order: Order): ModalWindow | null {
  const form = FORMS[order.command];
  const metadata = JSON.stringify(order);
  if (form === undefined || order.input[form.fields[0].name] !== undefined || metadata.length > MOST_METADATA)
    return null;
  return {
    ...{ type: "modal", callback_id: TEXT_VIEW, private_metadata: metadata, blocks: fieldBlocks(order) },
    ...{ title: word(form.title), submit: word(form.submit), close: word("Not now") },
  };
}

/** The fields of an order that lacks words. @param begun what stands in them already */
export const fieldBlocks = ({ command }: Pick<Order, "command">, begun: Readonly<Record<string, string>> = {}) =>
  (FORMS[command]?.fields ?? []).map((field) => fieldBlock(field, begun[field.name] ?? ""));

const fieldBlock = ({ name, label, hint, most, isOptional, isLong }: Field, begun: string): InputBlock => ({
  ...{ type: "input", block_id: name, label: word(label), hint: word(hint), optional: isOptional === true },
  element: {
    ...{ type: "plain_text_input", action_id: name, max_length: most },
    ...(isLong && { multiline: true }),
    ...(begun !== "" && { initial_value: begun.slice(0, most).toWellFormed() }),
    ...(isOptional ? {} : { min_length: 1 }),
  },
});

/**
 * The order with the words of a submitted window.
 * @param values `view.state.values`
 * @returns the name of the field that is empty and must not be, in `missing`
 */
export function withWords(order: Order, values: unknown): { readonly order: Order; readonly missing: string | null } {
  const fields = FORMS[order.command]?.fields ?? [];
  const said = fields.map(({ name, most }) => [name, writtenIn(values, name).trim().slice(0, most)] as const);
  const missing = fields.find(({ isOptional }, at) => isOptional !== true && said[at]?.[1] === "")?.name ?? null;
  const filled = Object.fromEntries(said.filter(([, words]) => words !== ""));
  return { order: { ...order, input: { ...order.input, ...filled } }, missing };
}

function writtenIn(values: unknown, name: string): string {
  const value = (values as Record<string, Record<string, { value?: unknown }>> | null)?.[name]?.[name]?.value;
  return typeof value === "string" ? value : "";
}

/** What its title was, for the answer in it. */
export const titleOf = ({ command }: Pick<Order, "command">): string => FORMS[command]?.title ?? "Rollcall";
