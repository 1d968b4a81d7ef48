import { type ControlMessage, PROTOCOL_MINOR, PROTOCOL_VERSION } from "../protocol.ts";

/** What another major version says of itself: nothing else of it can be understood. */
export interface OtherMajor {
  /** "2.0" */
  readonly version: string;
  /** When it was made, Redis time in ms; null if that cannot be read. */
  readonly at: number | null;
}

/** The version of a payload of another major version; null if it is of ours, or of none. */
export function readOtherMajor(payload: unknown): OtherMajor | null {
  if (typeof payload !== "object" || payload === null) return null;
  const { v, minor, at } = payload as { v?: unknown; minor?: unknown; at?: unknown };
  if (!isCount(v) || v === PROTOCOL_VERSION) return null;
  return { version: `${v}.${isCount(minor) ? minor : 0}`, at: isCount(at) ? at : null };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Minor version that brought a field of a control message; the others are of 1.0. */
const SINCE: Readonly<Partial<Record<keyof ControlMessage, number>>> = {
  minor: 1,
  requestid: 1,
  correlationid: 1,
  customerid: 1,
};

/**
 * The message as an agent of a minor version understands it: without what came later.
 * @param minor what its heartbeat says, 0 if that is not known
 */
export function fitMessage(message: ControlMessage, minor: number): ControlMessage {
  const speaks = Math.min(minor, PROTOCOL_MINOR);
  const full = { ...message, minor: speaks };
  const known = Object.entries(full).filter(([field]) => (SINCE[field as keyof ControlMessage] ?? 0) <= speaks);
  return Object.fromEntries(known) as ControlMessage;
}
