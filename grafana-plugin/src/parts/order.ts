import { newKey } from "../api/run-command.ts";
import { changeQuery, type Place } from "./place.ts";

/** A command that is being asked for: it lives in the address, so a reload or a second tab is the same wish. */
export interface Order {
  readonly command: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly key: string;
  /** Alert that it is started from: restarting what fires takes it. */
  readonly incident: string | null;
  /** Whether a look is taken at once, without a form. */
  readonly isAtOnce: boolean;
}

/** How a drawer is opened. */
export interface Opening {
  readonly incident?: string | undefined;
  readonly isAtOnce?: boolean;
}

/** Opens the drawer for a command; nothing is done until its button is pressed. */
export function openOrder(
  command: string,
  input: Readonly<Record<string, unknown>> = {},
  { incident, isAtOnce = false }: Opening = {},
): void {
  const wish = { do: command, with: JSON.stringify(input), key: newKey() };
  changeQuery({ ...wish, because: incident, now: isAtOnce ? "1" : null }, { replace: false });
}

/** A label that ends in dots says that another step follows: a form. */
export const isComplete = (label: string): boolean => !label.endsWith("…");

export const closeOrder = (): void => changeQuery({ do: null, with: null, key: null, because: null, now: null });

/** @returns null if the address asks for nothing, or cannot be read */
export function readOrder({ query }: Pick<Place, "query">): Order | null {
  const command = query.get("do");
  const key = query.get("key");
  if (command === null || !/^[a-z][a-z0-9-]{0,62}$/.test(command)) return null;
  const input = parse(query.get("with") ?? "{}");
  // A link without a key of its own is a new wish of whoever follows it.
  if (input === null) return null;
  const because = query.get("because");
  return {
    ...{ command, input, key: key !== null && /^[\x21-\x7e]{8,200}$/.test(key) ? key : newKey() },
    incident: because !== null && /^inc-\d{1,15}$/.test(because) ? because : null,
    isAtOnce: query.get("now") === "1",
  };
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
