import { randomBytes } from "node:crypto";
import { continueTrace } from "@rollcall/core/protocol/traceparent.ts";
import { type Envelope, envelope, MAX_ENVELOPE_BYTES, PROTOCOL_WORDS } from "@rollcall/core/protocol.ts";
import { messageOf } from "./log.ts";

/** An event that no further try can make usable; a handler throws it too, if the data is not what it needs. */
export class MalformedEvent extends Error {}

/** Why a stream entry holds no event. No error: a flood of them must not cost a stack trace each. */
interface NoEvent {
  readonly ok: false;
  readonly reason: string;
}
const noEvent = (reason: string): NoEvent => ({ ok: false, reason });
type Parsed = { readonly ok: true; readonly event: Envelope } | NoEvent;

/** The event in a stream entry's field `e`. */
export function parseEvent(topic: string, text: string | undefined): Parsed {
  if (text === undefined) return noEvent("the entry has no field e");
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_ENVELOPE_BYTES) return noEvent(`${bytes} bytes, at most ${MAX_ENVELOPE_BYTES} are allowed`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return noEvent(`not JSON: ${messageOf(error).slice(0, 120)}`);
  }
  return checkEnvelope(topic, value);
}

function checkEnvelope(topic: string, value: unknown): Parsed {
  try {
    const { success, data, error } = envelope.safeParse(value);
    if (!success) {
      const issue = error.issues[0];
      return noEvent(`not an event: ${issue?.path.join(".") || "envelope"}: ${issue?.message.slice(0, 200)}`);
    }
    return data.type === topic ? { ok: true, event: data } : noEvent(`type ${data.type} on topic ${topic}`);
  } catch (error) {
    // The check recurses, so a deep enough nesting ends in the stack's limit and not in an answer.
    return noEvent(`cannot be checked: ${messageOf(error).slice(0, 120)}`);
  }
}

export interface NewEvent {
  readonly agent: string;
  readonly topic: string;
  readonly data: Envelope["data"];
  readonly at: number;
  /** Same for all events that follow from one order or one run. */
  readonly correlationId?: string | undefined;
  readonly customerId?: string | undefined;
  /** The run that it is part of; that of the cause goes on if not said. */
  readonly runId?: string | undefined;
  /** The event that is being handled; its trace and its ids go on. */
  readonly cause?: Envelope | undefined;
  /** W3C trace context to write; that of the cause goes on if not said. */
  readonly traceparent?: string | undefined;
}

/** The envelope of a new event. */
export function createEvent({ agent, topic, data, at, cause, ...given }: NewEvent): Envelope {
  const ids = {
    requestid: cause?.requestid,
    correlationid: given.correlationId ?? cause?.correlationid,
    customerid: given.customerId ?? cause?.customerid,
    runid: given.runId ?? cause?.runid,
  };
  return {
    specversion: "1.0",
    id: randomBytes(12).toString("hex"),
    source: agent,
    type: topic,
    time: new Date(at).toISOString(),
    datacontenttype: "application/json",
    protocol: PROTOCOL_WORDS,
    traceparent: given.traceparent ?? continueTrace(cause?.traceparent),
    ...Object.fromEntries(Object.entries(ids).filter(([, id]) => id !== undefined)),
    data,
  };
}
