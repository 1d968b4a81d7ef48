import type { Action } from "@rollcall/core/domain/report.ts";
import type { ActionsBlock, Button, ConfirmationDialog, Overflow, PlainTextElement } from "@slack/types";
import { z } from "zod";
import { plain } from "./text.ts";

/** What a button asks for. Only ids travel in it; what they mean is looked up when it is pressed. */
const orderShape = z.strictObject({
  command: z.string().max(40),
  input: z.record(z.string().max(40), z.json()),
  incident: z.string().max(40).optional(),
  /** Why, in the person's own words. */
  reason: z.string().max(200).optional(),
  /** Past the graceful order. */
  force: z.literal(true).optional(),
  /** Only the plan is wanted. */
  dryRun: z.literal(true).optional(),
  /** Token of the plan that is confirmed. */
  confirm: z.string().max(100).optional(),
  /** That plan is to be seen first. */
  see: z.literal(true).optional(),
  /** It takes this operation back; what that means is decided when it is pressed. */
  undo: z.string().max(40).optional(),
  /** The person has seen what it will do: in a dialog of the button, or in the message that the button belongs to. */
  asked: z.literal(true).optional(),
});
export type Order = z.infer<typeof orderShape>;

/** Buttons whose press is an order, a plain link, or the wish to leave things as they are. */
export const ORDER_ACTION = /^do\./;
export const LINK_ACTION = /^link\./;
export const DISMISS_ACTION = "dismiss";

// Slack's limits of values: docs.slack.dev, Block Kit elements.
const BUTTON_VALUE = 2000;
const OPTION_VALUE = 150;
const LABEL = 30;

export function readOrder(value: unknown): Order | null {
  if (typeof value !== "string" || value.length > BUTTON_VALUE) return null;
  try {
    return orderShape.safeParse(JSON.parse(value)).data ?? null;
  } catch {
    return null;
  }
}

const word = (text: string, most: number): PlainTextElement => ({
  type: "plain_text",
  text: plain(text, most) || "–",
  emoji: true,
});

function confirmation({ title, text, yes }: NonNullable<Action["confirm"]>, no = "Not now"): ConfirmationDialog {
  return { title: word(title, 100), text: word(text, 300), confirm: word(yes, 30), deny: word(no, 30) };
}

/** One button that is pressed to ask for a command. `place` makes its id unique in the message. */
export interface OrderButton {
  readonly label: string;
  readonly order: Order;
  readonly danger?: boolean;
  readonly confirm?: Action["confirm"];
}

function orderButton({ label, order, danger, confirm }: OrderButton, place: number): Button | null {
  const value = JSON.stringify(confirm ? { ...order, asked: true } : order);
  if (value.length > BUTTON_VALUE) return null;
  return {
    type: "button",
    action_id: `do.${order.command}.${place}`,
    text: word(label, LABEL),
    value,
    ...(danger ? { style: "danger" } : {}),
    ...(confirm ? { confirm: confirmation(confirm) } : {}),
  };
}

export const linkButton = (label: string, url: string): Button => ({
  type: "button",
  action_id: `link.${label.toLowerCase().replace(/[^a-z]+/g, "-")}`,
  text: word(label, LABEL),
  url,
});

export const dismissButton = (label: string): Button => ({
  type: "button",
  action_id: DISMISS_ACTION,
  text: word(label, LABEL),
});

/** Orders behind "⋯", at most five; what does not fit into an option's value is left out. */
function overflow(orders: readonly OrderButton[]): Overflow | null {
  const options = orders
    .map(({ label, order }) => ({ text: word(label, 75), value: JSON.stringify(order) }))
    .filter(({ value }) => value.length <= OPTION_VALUE)
    .slice(0, 5);
  return options.length === 0 ? null : { type: "overflow", action_id: "do.more", options };
}

/**
 * A row of at most three buttons and one "⋯".
 * @returns nothing if there is no button, so that it can be spread into a list of blocks
 */
export function buttonRow(
  shown: readonly (OrderButton | Button)[],
  behind: readonly OrderButton[] = [],
): ActionsBlock[] {
  const buttons = shown
    .slice(0, 3)
    .map((button, place) => ("type" in button ? button : orderButton(button, place)))
    .filter((button) => button !== null);
  const more = overflow(behind);
  const elements = more === null ? buttons : [...buttons, more];
  return elements.length === 0 ? [] : [{ type: "actions", elements }];
}

/** A report's action as a button. */
export const actionButton = ({ label, command, input, danger, confirm }: Action): OrderButton => ({
  label,
  order: { command, input: input as Order["input"] },
  danger,
  confirm,
});
