import type { Envelope } from "@rollcall/core/protocol.ts";
import { MalformedEvent } from "../event.ts";

/** A text of an event's data. @throws MalformedEvent */
export function text(event: Envelope, field: string): string {
  const value = event.data[field];
  if (typeof value === "string" && value !== "") return value;
  throw new MalformedEvent(`${event.type}: data.${field} is missing or no text`);
}

/** A number of an event's data. @throws MalformedEvent */
export function number(event: Envelope, field: string): number {
  const value = event.data[field];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new MalformedEvent(`${event.type}: data.${field} is missing or no number`);
}
