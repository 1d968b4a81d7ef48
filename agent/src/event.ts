import { randomBytes } from "node:crypto";
import { continueTrace } from "@rollcall/core/protocol/traceparent.ts";
import { type Envelope, envelope, MAX_ENVELOPE_BYTES, PROTOCOL_WORDS } from "@rollcall/core/protocol.ts";
import { messageOf } from "./log.ts";

/** An event that no further try can make usable; a handler throws it too, if the data is not what it needs. */
export class MalformedEvent extends Error {}

/**
 * The event in a stream entry's field `e`.
 * @throws MalformedEvent with the reason
 */
export function parseEvent(topic: string, text: string | undefined): Envelope {
  if (text === undefined) throw new MalformedEvent("the entry has no field e");
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_ENVELOPE_BYTES) throw new MalformedEvent(`${bytes} bytes, at most ${MAX_ENVELOPE_BYTES} are allowed`);
  const parsed = checkEnvelope(parseJson(text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new MalformedEvent(`not an event: ${issue?.path.join(".") || "envelope"}: ${issue?.message.slice(0, 200)}`);
  }
  if (parsed.data.type !== topic) throw new MalformedEvent(`type ${parsed.data.type} on topic ${topic}`);
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MalformedEvent(`not JSON: ${messageOf(error).slice(0, 120)}`);
  }
}

// The check of the schema recurses, so a deep enough nesting ends in the stack's limit and not in an answer.
function checkEnvelope(value: unknown) {
  try {
    return envelope.safeParse(value);
  } catch (error) {
    throw new MalformedEvent(`cannot be checked: ${messageOf(error).slice(0, 120)}`);
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
