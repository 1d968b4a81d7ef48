import type { Ports } from "@rollcall/core/command.ts";
import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import { createLanes } from "@rollcall/core/lanes.ts";
import type { ApiLogLine, LogStreamEvent } from "@rollcall/core/log-contract.ts";
import type { LogFilter, LogStore } from "@rollcall/core/ports/log-store.ts";
import { viewLines } from "../http/view-lines.ts";
import { HUB_LIMITS, type HubLimits, type Outlet } from "./hub.ts";
import { watchOutlet } from "./watch-outlet.ts";

/** One client that follows lines. */
export interface LineFollower {
  readonly person: string;
  readonly filter: LogFilter;
  /** Id of the line behind which to go on. */
  readonly after: number;
  readonly outlet: Outlet;
  /** Asked twice a second. @returns why the stream must end, or null */
  readonly refusal: () => string | null;
}

export interface LogTail {
  /** @throws Failure "too_many_requests" */
  admit(person: string): void;
  /** @throws Failure "too_many_requests" */
  join(follower: LineFollower): { leave(): void };
  followers(): number;
  close(): void;
}

export type LogTailLimits = Pick<HubLimits, "clientBytes" | "stallMs" | "perPerson" | "inAll" | "heartbeatMs"> & {
  readonly everyMs: number;
  /** Lines read at once for one client. */
  readonly lines: number;
  /** Queries at once; the other connections are for those who ask. */
  readonly atOnce: number;
};

// A line is seen about half a second after it was taken in.
const LIMITS: LogTailLimits = { ...HUB_LIMITS, everyMs: 500, lines: 500, atOnce: 4 };

interface TailPorts {
  readonly logs: Pick<LogStore, "newest" | "after">;
  readonly incidents: Pick<Ports["incidents"], "open" | "ended">;
}

/**
 * Reads what was taken in for all clients together: one query for all that want the same and have seen the same. Lines wait in
 * PostgreSQL until a client can take them, so none is left out.
 * @param onBug told what is no failure of PostgreSQL; that stream ends
 */
export function createLogTail(
  ports: () => TailPorts,
  onBug: (error: unknown) => void,
  limits: LogTailLimits = LIMITS,
): LogTail {
  const tails = new Set<Tail>();
  let timer: NodeJS.Timeout | null = null;
  const lanes = createLanes(limits.atOnce);
  const admit = (person: string): void => {
    const own = [...tails].filter((tail) => tail.person === person).length;
    if (own >= limits.perPerson) throw tooMany(`you follow ${own} logs already`, limits.perPerson);
    if (tails.size >= limits.inAll) throw tooMany("too many logs are followed", limits.inAll);
  };
  const round = (): void => {
    for (const tail of tails) if (!tail.look()) tails.delete(tail);
    const ready = [...tails].filter((tail) => tail.isReady());
    if (ready.length > 0) void readFor(ready, { ports, onBug, most: limits.lines, lanes });
    else if (tails.size === 0) rest();
  };
  const rest = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  return {
    admit,
    join(follower) {
      admit(follower.person);
      const tail = openTail(follower, limits);
      tails.add(tail);
      timer ??= setInterval(round, limits.everyMs).unref();
      return { leave: () => void tails.delete(tail) };
    },
    followers: () => tails.size,
    close() {
      rest();
      for (const tail of tails) tail.farewell("the control service ends; come back with the last id");
      tails.clear();
    },
  };
}

const tooMany = (message: string, most: number): Failure =>
  new Failure("too_many_requests", message, { allowed: [`${most} at a time`], next: "End one that is not needed." });

interface Tail {
  readonly person: string;
  readonly filter: LogFilter;
  cursor(): number;
  /** It has room, and nothing is being read for it. */
  isReady(): boolean;
  setReading(isReading: boolean): void;
  /** @param end where to go on if all lines fit */
  give(lines: readonly ApiLogLine[], end: number): void;
  setAway(detail: string | null, isAway: boolean): void;
  /** @returns false if it has ended */
  look(): boolean;
  farewell(reason: string): void;
}

interface Reading {
  readonly ports: () => TailPorts;
  readonly onBug: (error: unknown) => void;
  readonly most: number;
  readonly lanes: ReturnType<typeof createLanes>;
}

async function readFor(tails: readonly Tail[], reading: Reading): Promise<void> {
  for (const tail of tails) tail.setReading(true);
  try {
    const newest = await reading.ports().logs.newest();
    for (const tail of tails) tail.setAway(null, false);
    const groups = Map.groupBy(tails, (tail) => JSON.stringify([tail.filter, tail.cursor()]));
    for (const group of groups.values()) void reading.lanes(() => readGroup(group, newest, reading));
  } catch (error) {
    for (const tail of tails) {
      endOrWait(tail, error, reading);
      tail.setReading(false);
    }
  }
}

/** Each by itself: a slow one holds up nobody else. */
async function readGroup(group: readonly Tail[], newest: number, reading: Reading): Promise<void> {
  try {
    const [first] = group;
    if (first === undefined || first.cursor() >= newest) return;
    const { logs, incidents } = reading.ports();
    const lines = await logs.after(first.cursor(), first.filter, reading.most);
    const shown = await viewLines(lines, incidents);
    const last = lines.at(-1)?.id ?? 0;
    // What is not among them up to the newest does not fit, and need not be looked at again.
    for (const tail of group) tail.give(shown, lines.length < reading.most ? Math.max(last, newest) : last);
  } catch (error) {
    for (const tail of group) endOrWait(tail, error, reading);
  } finally {
    for (const tail of group) tail.setReading(false);
  }
}

function endOrWait(tail: Tail, error: unknown, { onBug }: Reading): void {
  if (isFailure(error) && error.code === "unavailable") tail.setAway(error.message, true);
  else {
    if (!isFailure(error)) onBug(error);
    tail.farewell(isFailure(error) ? error.message : "something broke");
  }
}

function openTail({ person, filter, after, outlet, refusal }: LineFollower, limits: LogTailLimits): Tail {
  let cursor = after;
  const state = { isReading: false, isAway: false, hasEnded: false };
  const pulse = watchOutlet(outlet, limits);
  const say = (event: LogStreamEvent): void =>
    outlet.send({ id: event.id, type: event.type, json: JSON.stringify(event) });
  const id = (): string => String(cursor);
  const farewell = (reason: string): void => {
    if (state.hasEnded) return;
    state.hasEnded = true;
    say({ type: "bye", id: id(), reason });
    outlet.end();
  };
  say({ type: "hello", id: id(), heartbeatSeconds: Math.round(limits.heartbeatMs / 1000) });
  return {
    ...{ person, filter, farewell },
    cursor: () => cursor,
    isReady: () => !(state.hasEnded || state.isReading || pulse.isFull()),
    setReading: (isReading) => void Object.assign(state, { isReading }),
    give(lines, end) {
      for (const line of lines) {
        // The rest is read again when there is room.
        if (state.hasEnded || pulse.isFull()) return;
        cursor = Number(line.id);
        say({ type: "line", id: line.id, line });
      }
      cursor = end;
    },
    setAway(detail, isAway) {
      const word = isAway ? "away" : "back";
      if (isAway !== state.isAway && !state.hasEnded) say({ type: "source", id: id(), state: word, detail });
      state.isAway = isAway;
    },
    look() {
      if (!pulse.look()) return false;
      const why = refusal();
      if (why !== null) farewell(why);
      return !state.hasEnded;
    },
  };
}
