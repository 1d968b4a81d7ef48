import { Failure } from "@rollcall/core/domain/failure.ts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createHub, type Follower, HUB_LIMITS, type Hub, type HubLimits } from "./hub.ts";
import type { Draft } from "./ring.ts";

let hub: Hub;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  hub.close();
  vi.useRealTimers();
});

const start = (limits: Partial<HubLimits> = {}) => {
  hub = createHub({ ...HUB_LIMITS, ...limits });
};
const change = (agent: string): Draft => ({ type: "agent-removed", topic: "agents", agent });

interface Seen {
  id: string;
  type: string;
  agent?: string;
  reason?: string;
  missed?: number | null;
}

/** A client that takes all, or nothing while `deaf`. */
function client(more: Partial<Follower> = {}) {
  const seen: Seen[] = [];
  const state = {
    deaf: false,
    waiting: 0,
    most: 0,
    beats: 0,
    ended: false,
    cut: false,
    refusal: null as string | null,
  };
  const joined = hub.join({
    person: "operator",
    topics: new Set(["agents"]),
    after: null,
    refusal: () => state.refusal,
    outlet: {
      send: ({ json }) => {
        seen.push(JSON.parse(json) as Seen);
        if (state.deaf) state.waiting += json.length;
        state.most = Math.max(state.most, state.waiting);
      },
      beat: () => void state.beats++,
      bufferedBytes: () => state.waiting,
      end: () => {
        state.ended = true;
      },
      cut: () => {
        state.cut = true;
      },
    },
    ...more,
  });
  const agents = () => seen.flatMap(({ agent }) => agent ?? []);
  return { seen, state, agents, ...joined };
}

describe("the hub of live streams", () => {
  test("who comes back with the last id gets everything after it, once and in order", () => {
    start();
    const first = client();
    hub.publish(change("a"));
    hub.publish(change("b"));
    first.leave();
    for (const name of ["c", "d", "e"]) hub.publish(change(name));
    const second = client({ after: first.seen.at(-1)?.id ?? null });
    hub.publish(change("f"));
    expect([...first.agents(), ...second.agents()]).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(second.seen.map(({ type }) => type)).not.toContain("gap");
  });

  test("the id of the greeting is one to come back with", () => {
    start();
    hub.publish(change("before"));
    const first = client();
    hub.publish(change("a"));
    expect(client({ after: first.seen[0]?.id ?? null }).agents()).toEqual(["a"]);
  });

  test("an id that is too old is a declared gap with the number of what is missing, then what is left", () => {
    start({ events: 3 });
    const first = client();
    for (const name of ["a", "b", "c", "d", "e"]) hub.publish(change(name));
    const late = client({ after: first.seen[0]?.id ?? null });
    expect(late.seen.slice(1)).toMatchObject([
      { type: "gap", reason: "too-old", missed: 2 },
      { agent: "c" },
      { agent: "d" },
      { agent: "e" },
    ]);
  });

  test.each([
    ["0123456789ab-3", "restarted"],
    ["nonsense", "unknown-id"],
    ["", "unknown-id"],
  ])("the id %j of nowhere is a declared gap: %s", (after, reason) => {
    start();
    expect(client({ after }).seen[1]).toMatchObject({ type: "gap", reason, missed: null });
  });

  test("kept events have a limit in bytes too", () => {
    start({ bytes: 1_000 });
    const first = client();
    for (let index = 0; index < 20; index++) hub.publish(change("x".repeat(200)));
    expect(client({ after: first.seen[0]?.id ?? null }).seen.length).toBeLessThan(8);
  });

  test("only what was asked for is sent", () => {
    start();
    const other = client({ topics: new Set(["incidents"]) });
    hub.publish(change("a"));
    expect(other.seen.map(({ type }) => type)).toEqual(["hello"]);
  });

  test("a client that takes nothing holds up nobody, keeps no more than its buffer, and is cut off", () => {
    start({ clientBytes: 1_000, stallMs: 5_000, events: 10 });
    const stalled = client();
    stalled.state.deaf = true;
    const well = client();
    for (let index = 0; index < 10_000; index++) hub.publish(change(`agent-${index}`));
    expect(well.agents()).toHaveLength(10_000);
    expect(stalled.state.most).toBeLessThan(1_200);
    vi.advanceTimersByTime(7_000);
    expect([stalled.state.cut, well.state.cut, hub.followers()]).toEqual([true, false, 1]);
  });

  test("a client that was slow and takes again is told what it missed", () => {
    start({ clientBytes: 200, events: 2 });
    const slow = client();
    slow.state.deaf = true;
    for (const name of ["a", "b", "c", "d", "e", "f", "g"]) hub.publish(change(name));
    const before = slow.seen.length;
    Object.assign(slow.state, { deaf: false, waiting: 0 });
    slow.pump();
    expect(slow.seen.slice(before)).toMatchObject([{ type: "gap", reason: "dropped" }, { agent: "f" }, { agent: "g" }]);
    const missed = slow.seen[before]?.missed ?? 0;
    expect(slow.agents().length + missed).toBe(7);
  });

  test("a sign of life goes out every 15 s", () => {
    start();
    const { state } = client();
    vi.advanceTimersByTime(46_000);
    expect(state.beats).toBe(3);
  });

  test("who may not read any more is told so, and the stream ends within a second", () => {
    start();
    const { state, seen } = client();
    state.refusal = "the API token is not known or has expired";
    vi.advanceTimersByTime(1_000);
    expect([seen.at(-1), state.ended, hub.followers()]).toMatchObject([
      { type: "bye", reason: state.refusal },
      true,
      0,
    ]);
  });

  test("a person has so many streams at a time, and may have one again when one has ended", () => {
    start({ perPerson: 2 });
    const first = client();
    client();
    expect(() => client()).toThrow(Failure);
    client({ person: "viewer" });
    first.leave();
    client();
    expect(hub.followers()).toBe(3);
  });

  test("all together have a limit", () => {
    start({ inAll: 1 });
    client();
    expect(() => client({ person: "viewer" })).toThrow("too many live streams");
  });
});
