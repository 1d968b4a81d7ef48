import type { BenchStack } from "./bench-stack.ts";
import type { Figure } from "./figures.ts";
import { measureAck } from "./measure-ack.ts";
import { measureApp } from "./measure-app.ts";
import { measureBus } from "./measure-bus.ts";
import { measureClick } from "./measure-click.ts";
import { measureEventRate } from "./measure-event-rate.ts";
import { measureLargeFleet } from "./measure-large-fleet.ts";
import { measureLoad } from "./measure-load.ts";
import { measureMalformed } from "./measure-malformed.ts";
import { measureObserve } from "./measure-observe.ts";
import { measureRollCall } from "./measure-roll-call.ts";
import { measureScrape } from "./measure-scrape.ts";
import { measureSdk } from "./measure-sdk.ts";
import { measureStart } from "./measure-start.ts";

/** One benchmark: a name to type, a sentence, and what measures it. */
export interface Bench {
  readonly name: string;
  readonly about: string;
  readonly measure: (stack: BenchStack) => Promise<readonly Figure[]>;
  /** It needs no stack: the bench's own is ended before it, so that no second fleet works beside its own. One of the last. */
  readonly isAlone?: boolean;
}

export const BENCHES: readonly Bench[] = [
  {
    name: "start",
    about: "`npm start -- --detach` until every agent works, and the memory of all processes once they do.",
    measure: measureStart,
  },
  {
    name: "roll-call",
    about:
      "Until the last agent has answered. 22 are real processes, called over HTTP; the others are simulated by one other process: " +
      "real Redis, sealed heartbeats and answers, a hundred inboxes to a connection, the broadcast heard and checked once for all. " +
      "Rungs 1 to 4 are process, heartbeat, echo and canary. Left out: the first calls (10 of the real, 3 of the simulated).",
    measure: measureRollCall,
  },
  {
    name: "bus",
    about:
      "An echo: from the control path into the inbox of a real agent and its answer back. An event: published by one agent of the " +
      "SDK, handled by another, which publishes one that the first handles. Left out: the first 100.",
    measure: measureBus,
  },
  {
    name: "ack",
    about:
      "A signed slash command to a control service until its answer has arrived; the first 20 left out. Slow: 40 orders, four at " +
      "once, to a control service of its own, to which all that one of its servers says comes 5 s later.",
    measure: measureAck,
  },
  {
    name: "click",
    about:
      "A button pressed in Slack, signed, until the order takes effect at its agent: accepted and audited in PostgreSQL, taken by a worker, sent over " +
      "the bus. A control service with its own stores and simulated agents, one order at a time; the first 20 left out.",
    measure: measureClick,
  },
  {
    name: "load",
    about:
      "A control service with its own stores in front of 510 simulated agents: as many reads as 50 at once get, then 300 reads of five " +
      "kinds a second, then 50 signed orders a second, each for 10 s, then 10 orders while 100 streams of 5 people follow. What " +
      "is asked at a rate is timed from when it was due.",
    measure: measureLoad,
  },
  {
    name: "observe",
    about:
      "The whole bus read, judged and written to a page, as one scrape of a peer does, in a process beside a Redis of their own; the " +
      "first 5 left out. Each topic has three events, a group that is behind and a consumer. Then the same by Debian's exporter.",
    measure: measureObserve,
  },
  {
    name: "event-rate",
    about:
      "User and system time of an exporter that reads 20 topics each second, beside a Redis of its own, while few and many events of " +
      "190 bytes are published: three pairs by turns, 20 s each, the median.",
    measure: measureEventRate,
  },
  {
    name: "scrape",
    about:
      "`/metrics` of the exporter to the last byte, warm: the 22 agents of the stack, then a process of its own before 1,000 " +
      "simulated agents, and before 10,000 with 1,000 topics.",
    measure: measureScrape,
  },
  {
    name: "sdk",
    about:
      "10,000 events of one topic handled by an agent of the SDK, against a consumer without it: same client, page, check of each " +
      "event and acknowledgement, beside a Redis of their own; five pairs by turns, the median. Then what one observation costs.",
    measure: measureSdk,
  },
  {
    name: "malformed",
    about:
      "Good neighbours of 10,000 messages that are none: cut JSON, other forms, another topic's events, 20,000 levels of nesting, two " +
      "of 5 MiB, written as fast as Redis takes them into the topic of a real agent, then into its inbox. Beside them an order every " +
      "50 ms, of which the agent takes 5 to 20 ms, and an echo of it and of another agent every 50 ms. The worst of each counts.",
    measure: ({ redisUrl, secrets }) => measureMalformed({ redisUrl, fleetKey: secrets.fleetKey }),
  },
  {
    name: "app",
    about:
      "The Grafana app on the whole stack, in a headless Chromium: its production bundle behind the stand-in's proxy; three loads left out.",
    measure: measureApp,
  },
  {
    name: "large-fleet",
    about:
      "The app in front of a control service with its own stores and 10,000 simulated agents, which beat two thousand times a second. " +
      "An interaction is timed in the browser, from its event to the frame that shows what it brings; the first of each is left " +
      "out. Viewers follow the live stream through the stand-in's proxy; orders are `pause`. All of it on this machine; no stack beside it.",
    measure: measureLargeFleet,
    isAlone: true,
  },
];
