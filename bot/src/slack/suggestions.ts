import type { CommandDefinition } from "@rollcall/core/command.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import { findCommand } from "./find-command.ts";
import type { Order, OrderButton } from "./render/buttons.ts";
import { verbOf } from "./render/operation-words.ts";

/**
 * "Did you mean" as buttons: the same order with the unknown agent replaced by each that was near.
 * A change asks again before it happens, as if it had been typed right.
 */
export function suggestOrders(
  error: unknown,
  order: Order | null,
  commands: readonly CommandDefinition[],
): OrderButton[] {
  if (order === null || !isFailure(error) || error.code !== "unknown_agent") return [];
  const command = findCommand(commands, order.command);
  const [, found] = /^"(@?[^"]{1,70})"/.exec(error.message) ?? [];
  if (command === undefined || found === undefined) return [];
  const sigil = found.startsWith("@") ? "@" : "";
  return (error.detail.allowed ?? []).slice(0, 8).flatMap((candidate) => {
    const input = replaceWord(order.input, found, `${sigil}${candidate}`);
    return input === null ? [] : [buttonOf({ ...order, input }, { commands })];
  });
}

/** Rules that `why` would only repeat, or that keep the person out of `why` itself. */
const SAID_ALREADY = new Set(["stranger", "blocked", "slack-identity", "own-request", "own-rights"]);

/** [Why] under what the policy refused: by which rule, from where the person's rights come, and who can. */
export function explainButton(
  error: unknown,
  order: Order | null,
  commands: readonly CommandDefinition[],
): OrderButton[] {
  if (order === null || !isFailure(error) || error.code !== "forbidden") return [];
  const command = findCommand(commands, order.command);
  if (command === undefined || SAID_ALREADY.has(error.detail.rule ?? "")) return [];
  const who = command.words.flatMap((name) => order.input[name] ?? []).map(String);
  return [{ label: "Why", order: { command: "why", input: { about: command.name, who } } }];
}

/** An order as a button that says what it does; "…" if it asks before it does. */
export function buttonOf(order: Order, { commands }: { commands: readonly CommandDefinition[] }): OrderButton {
  const command = findCommand(commands, order.command);
  const isCareful = command?.kind === "act" && command.danger >= 2;
  const subject = Object.values(order.input).flat().map(String).join(" ");
  return { label: `${verbOf(order.command).noun} ${subject}`.trim() + (isCareful ? "…" : ""), order };
}

/** @returns null if no field of the input holds the word */
function replaceWord(input: Order["input"], found: string, candidate: string): Order["input"] | null {
  const isFound = (value: unknown): boolean => typeof value === "string" && value.toLowerCase() === found.toLowerCase();
  const entries = Object.entries(input);
  const hit = entries.find(([, value]) => isFound(value) || (Array.isArray(value) && value.some(isFound)));
  if (hit === undefined) return null;
  const [name, value] = hit;
  const replaced = Array.isArray(value) ? value.map((one) => (isFound(one) ? candidate : one)) : candidate;
  return { ...input, [name]: replaced };
}
