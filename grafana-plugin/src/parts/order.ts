import { newKey } from "../api/run-command.ts";
import { changeQuery, type Place } from "./place.ts";

/** A command that is being asked for: it lives in the address, so a reload or a second tab is the same wish. */
export interface Order {
  readonly command: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly key: string;
}

/** Opens the drawer for a command; nothing is done until its button is pressed. */
export function openOrder(command: string, input: Readonly<Record<string, unknown>> = {}): void {
  changeQuery({ do: command, with: JSON.stringify(input), key: newKey() }, { replace: false });
}

export const closeOrder = (): void => changeQuery({ do: null, with: null, key: null });

/** @returns null if the address asks for nothing, or cannot be read */
export function readOrder({ query }: Pick<Place, "query">): Order | null {
  const command = query.get("do");
  const key = query.get("key");
  if (command === null || !/^[a-z][a-z0-9-]{0,62}$/.test(command)) return null;
  const input = parse(query.get("with") ?? "{}");
  // A link without a key of its own is a new wish of whoever follows it.
  return input === null
    ? null
    : { command, input, key: key !== null && /^[\x21-\x7e]{8,200}$/.test(key) ? key : newKey() };
}

/** "Restart billing" */
export function titleOf({ command, input }: Pick<Order, "command" | "input">): string {
  const words = Object.values(input)
    .flat()
    .filter((value) => typeof value === "string" || typeof value === "number");
  const verb = command.replaceAll("-", " ");
  return [verb.charAt(0).toUpperCase() + verb.slice(1), ...words.slice(0, 5).map(String)].join(" ");
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
