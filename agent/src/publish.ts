import type { Keys } from "@rollcall/core/protocol/keys.ts";
import { requestContext } from "@rollcall/core/protocol/request-context.ts";
import { inSpan } from "@rollcall/core/protocol/span.ts";
import { type Envelope, MAX_ENVELOPE_BYTES } from "@rollcall/core/protocol.ts";
import type { Redis } from "ioredis";
import type { BusClock } from "./clock.ts";
import { createEvent, MalformedEvent } from "./event.ts";
import { persist } from "./persist.ts";

export interface PublishOptions {
  readonly correlationId?: string;
  readonly customerId?: string;
  /** The run that it is part of, if the handled event does not say so already. */
  readonly runId?: string;
}
export type Publish = (topic: string, data: Envelope["data"], options?: PublishOptions) => Promise<void>;

export interface PublisherParts {
  readonly control: Redis;
  readonly keys: Keys;
  readonly agent: string;
  readonly publishes: readonly string[];
  readonly clock: BusClock;
  readonly signal: AbortSignal;
}

/**
 * Publishes on declared topics; waits while Redis is away, so an outage delays events and loses none.
 * An event may be written twice if the answer to its first writing was lost; it carries the same id then.
 */
export function createPublisher(parts: PublisherParts): (cause?: Envelope) => Publish {
  return (cause) =>
    async (topic, data, options = {}) => {
      if (!parts.publishes.includes(topic))
        throw new Error(`${parts.agent} does not declare that it publishes ${topic}`);
      const facts = { kind: "producer", parent: requestContext().traceparent ?? cause?.traceparent } as const;
      const attributes = { "messaging.system": "redis", "messaging.destination.name": topic };
      await inSpan("publish event", { ...facts, attributes }, ({ traceparent }) =>
        write(
          parts,
          createEvent({ agent: parts.agent, topic, data, at: parts.clock.now(), ...options, cause, traceparent }),
        ),
      );
    };
}

async function write(parts: PublisherParts, event: Envelope): Promise<void> {
  const text = JSON.stringify(event);
  if (Buffer.byteLength(text) > MAX_ENVELOPE_BYTES)
    throw new MalformedEvent(`an event of ${event.type} is over 256 KiB`);
  await persist(
    // Without MAXLEN: it would cut what a slow subscription has not had, and count it nowhere. The control service cuts.
    () => parts.control.xadd(parts.keys.topic(event.type), "*", "e", text),
    parts.signal,
  );
}
