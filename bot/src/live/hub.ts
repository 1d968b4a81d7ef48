import { Failure } from "@rollcall/core/domain/failure.ts";
import type { LiveTopic } from "@rollcall/core/live-contract.ts";
import { createRing, type Draft, type Ring } from "./ring.ts";
import { watchOutlet } from "./watch-outlet.ts";

/** A way to one client; what it has not taken yet is counted by the way itself. */
export interface Outlet {
  send(event: { readonly id: string; readonly type: string; readonly json: string }): void;
  beat(): void;
  /** Bytes that were handed over and not taken by the network yet. */
  bufferedBytes(): number;
  /** Lets what was sent go out, then ends. */
  end(): void;
  /** Ends at once and lets go of what was not taken. */
  cut(): void;
}

/** One client that follows topics. */
export interface Follower {
  readonly person: string;
  readonly topics: Set<LiveTopic>;
  /** Id after which to go on; null: from now. */
  readonly after: string | null;
  readonly outlet: Outlet;
  /** Asked twice a second. @returns why the stream must end, or null */
  readonly refusal: () => string | null;
}

export interface Hub {
  /** @throws Failure "too_many_requests" if this person, or all together, have as many streams as they may */
  join(follower: Follower): { pump(): void; topicsChanged(): void; leave(): void };
  /** @throws Failure "too_many_requests" */
  admit(person: string): void;
  publish(draft: Draft): void;
  /** How many follow, this topic or any; sources rest while nobody does. */
  followers(topic?: LiveTopic): number;
  close(): void;
}

export interface HubLimits {
  /** Events kept for those who come back. */
  readonly events: number;
  readonly bytes: number;
  /** Bytes that may wait for one client; it gets no more until it has taken some. */
  readonly clientBytes: number;
  /** A client that takes nothing for so long is cut off. */
  readonly stallMs: number;
  readonly perPerson: number;
  readonly inAll: number;
  readonly heartbeatMs: number;
}

export const HUB_LIMITS: HubLimits = {
  events: 2_000,
  bytes: 8 * 1024 * 1024,
  clientBytes: 256 * 1024,
  stallMs: 30_000,
  perPerson: 20,
  inAll: 1_000,
  heartbeatMs: 15_000,
};

// Blocks are read anew each second; both together stay within the 2 s that a block may take to end a stream.
const LOOK_EVERY_MS = 500;

/** Hands events to all clients. No client has a queue: each has a place in the one ring, and goes on when it can take more. */
export function createHub(limits: HubLimits = HUB_LIMITS): Hub {
  const ring = createRing(limits);
  const streams = new Set<Stream>();
  let timer: NodeJS.Timeout | null = null;
  const admit = (person: string): void => {
    const own = [...streams].filter((stream) => stream.person === person).length;
    if (own >= limits.perPerson) throw tooMany(`you follow ${own} live streams already`, limits.perPerson);
    if (streams.size >= limits.inAll) throw tooMany("there are too many live streams", limits.inAll);
  };
  return {
    admit,
    join(follower) {
      admit(follower.person);
      const stream = openStream(follower, { ring, limits });
      streams.add(stream);
      timer ??= setInterval(() => {
        for (const one of streams) if (!one.look()) streams.delete(one);
      }, LOOK_EVERY_MS).unref();
      stream.pump();
      return {
        pump: stream.pump,
        topicsChanged: stream.greet,
        leave: () => void streams.delete(stream),
      };
    },
    publish(draft) {
      ring.keep(draft);
      for (const stream of streams) stream.pump();
    },
    followers: (topic) =>
      topic === undefined ? streams.size : [...streams].filter((stream) => stream.topics.has(topic)).length,
    close() {
      if (timer !== null) clearInterval(timer);
      timer = null;
      for (const stream of streams) stream.farewell("the control service ends; come back with the last id");
      streams.clear();
    },
  };
}

const tooMany = (message: string, most: number): Failure =>
  new Failure("too_many_requests", message, {
    allowed: [`${most} at a time`],
    next: "One stream carries all topics: end one that is not needed.",
  });

interface Stream {
  readonly person: string;
  readonly topics: ReadonlySet<LiveTopic>;
  greet(): void;
  pump(): void;
  /** @returns false if it has ended */
  look(): boolean;
  farewell(reason: string): void;
}

function openStream(follower: Follower, { ring, limits }: { ring: Ring; limits: HubLimits }): Stream {
  const { outlet, topics } = follower;
  const resume = ring.resume(follower.after);
  let cursor = resume.cursor;
  const pulse = watchOutlet(outlet, limits);
  const say = (draft: Draft, id = ring.idOf(cursor)): void =>
    outlet.send({ id, type: draft.type, json: JSON.stringify({ ...draft, id }) });
  const tellGap = (reason: NonNullable<typeof resume.gap>, missed: number | null): void =>
    say({ type: "gap", topics: [...topics], reason, missed });
  const greet = (): void =>
    say({ type: "hello", topics: [...topics], heartbeatSeconds: Math.round(limits.heartbeatMs / 1000) });
  const pump = (): void => {
    while (!pulse.isFull()) {
      const next = ring.after(cursor);
      if (next === null) return;
      if (next === "gone") {
        const missed = ring.floor() - cursor;
        cursor = ring.floor();
        tellGap("dropped", missed);
        continue;
      }
      cursor = next.seq;
      if (next.topics.some((topic) => topics.has(topic))) outlet.send(next);
    }
  };
  const farewell = (reason: string): void => {
    say({ type: "bye", reason });
    outlet.end();
  };
  greet();
  if (resume.gap !== null) tellGap(resume.gap, resume.missed);
  return {
    person: follower.person,
    topics,
    greet,
    pump,
    farewell,
    look() {
      if (!pulse.look()) return false;
      const refusal = follower.refusal();
      if (refusal === null) pump();
      else farewell(refusal);
      return refusal === null;
    },
  };
}
