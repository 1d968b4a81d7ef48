import type { Keys } from "@rollcall/core/protocol/keys.ts";
import type { Envelope } from "@rollcall/core/protocol.ts";
import { createAcks } from "./acks.ts";
import type { BusClock } from "./clock.ts";
import type { Connections } from "./connection.ts";
import { createDeadLetters } from "./dead-letters.ts";
import { createDelivery, type Delivery } from "./deliver.ts";
import { findHandler, type Handler, type WorkContext } from "./handler.ts";
import type { Intake } from "./intake.ts";
import type { Log } from "./log.ts";
import type { Figures } from "./metrics/figures.ts";
import type { TaskMeter } from "./metrics/latency.ts";
import { createDroppable } from "./subscriptions.ts";
import { readTopic } from "./topic-reader.ts";
import type { WorkQueue } from "./work-queue.ts";

export interface SubscriberParts {
  readonly agent: string;
  readonly handle: Readonly<Record<string, Handler>>;
  readonly connections: Connections;
  readonly keys: Keys;
  readonly clock: BusClock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly queue: WorkQueue;
  readonly intake: Intake;
  readonly figures: Figures;
  meterOf(topic: string): TaskMeter;
  contextOf(event: Envelope): WorkContext;
}

/** Reads topics into the work loop. */
export function createSubscriber(parts: SubscriberParts) {
  const { agent, connections, keys, log, signal } = parts;
  const { control } = connections;
  const acks: ReturnType<typeof createAcks>[] = [];
  const deliveries: Delivery[] = [];
  const droppable = createDroppable(subscribe);

  function subscribe(topic: string): void {
    const { dropped, ended } = droppable.add(topic);
    const handler = findHandler(parts.handle, topic);
    if (handler === undefined) return;
    const stream = keys.topic(topic);
    const own = createAcks({ control, stream, group: agent }, signal);
    acks.push(own);
    const { queue, clock, figures, contextOf } = parts;
    const park = createDeadLetters({ control, keys, agent, signal });
    const common = { agent, topic, handler, queue, figures, clock, log, signal, contextOf };
    const delivery = createDelivery({ ...common, acks: own, park, meter: parts.meterOf(topic) });
    deliveries.push(delivery);
    const reader = connections.open(topic);
    reader.once("end", ended);
    dropped.addEventListener("abort", () => reader.disconnect(), { once: true });
    const untilDropped = AbortSignal.any([signal, dropped]);
    const { opened } = parts.intake;
    void readTopic({ reader, control, stream, agent, delivery, log, signal: untilDropped, opened });
  }

  return {
    droppable,
    subscribe,
    /** Events in hand that are not with the work loop. */
    aside: (): number => deliveries.reduce((sum, delivery) => sum + delivery.aside(), 0),
    /** Each resolves when what is done is acknowledged. */
    flushed: (): Promise<void>[] => acks.map((one) => one.flushed()),
  };
}
