import { deriveAgentKey, seal } from "@rollcall/core/protocol/seal.ts";
import type { CompiledFleet, Heartbeat } from "@rollcall/core/protocol.ts";
import { describe, expect, test } from "vitest";
import { beatOf, compileFleet, expectAgent, FLEET_KEY, totals } from "../test/fake-fleet.ts";
import type { GroupReading, Reading } from "./reading.ts";
import { WHOLE_FLEET } from "./shard.ts";
import { SnapshotBuilder } from "./snapshot-builder.ts";

const start = 1_800_000_000_000;
const sealed = (beat: Heartbeat, signer = beat.agent): string => seal(deriveAgentKey(FLEET_KEY, signer), beat);
const one: CompiledFleet = compileFleet("demo", { agents: [expectAgent("billing")] });

const readingAt = (now: number, beat: string | null, changes: Partial<Reading> = {}): Reading => ({
  now,
  redisStartedAt: start - 1_000_000,
  fleet: one,
  canaryRoundAt: now - 5000,
  presence: new Map([["billing", beat]]),
  mapped: new Map(),
  lost: new Map(),
  processes: new Map(),
  fenced: [],
  plannedWork: new Map(),
  freshBeats: 1,
  strangers: null,
  topics: new Map(),
  deadLetters: new Map(),
  groupDetails: new Map(),
  inboxes: new Map(),
  ...changes,
});

function newBuilder() {
  const refused: string[] = [];
  const builder = new SnapshotBuilder({
    fleetKey: FLEET_KEY,
    shard: WHOLE_FLEET,
    detailedAgents: 500,
    detailedTop: 50,
    onRefusedBeat: (agent) => refused.push(agent),
  });
  const view = (reading: Reading) => builder.build(reading).agents[0];
  return { builder, refused, view };
}

describe("SnapshotBuilder, on agents", () => {
  test("an agent that handles its canaries stands on rung 5", () => {
    const { view } = newBuilder();
    expect(view(readingAt(start, sealed(beatOf("billing", start))))).toMatchObject({
      rung: 5,
      health: "healthy",
      labels: ["demo", "billing", "orders", "P1", "payments"],
      activity: "idle",
    });
  });

  test("an agent that is silent past its deadline is gone, and does nothing that it says", () => {
    const { view } = newBuilder();
    const beat = sealed(beatOf("billing", start - 16_000));
    expect(view(readingAt(start, beat))).toMatchObject({ rung: 0, verdict: "gone", activity: null });
  });

  test("after an outage of the bus silence proves nothing for as long as a heartbeat may take", () => {
    const { view } = newBuilder();
    const beat = sealed(beatOf("billing", start));
    view(readingAt(start, beat));
    expect(view(readingAt(start + 60_000, beat))).toMatchObject({ rung: null, health: "unknown" });
    for (let second = 61; second <= 75; second += 2) view(readingAt(start + second * 1000, beat));
    expect(view(readingAt(start + 76_000, beat))).toMatchObject({ rung: 0, verdict: "gone" });
  });

  test("after a restart of Redis silence proves nothing either", () => {
    const { view } = newBuilder();
    const reading = readingAt(start, sealed(beatOf("billing", start - 60_000)), { redisStartedAt: start - 3000 });
    expect(view(reading)).toMatchObject({ rung: null, verdict: "unknown" });
  });

  test("an agent that has handled no canary is not blamed when canaries have only just begun", () => {
    const { view } = newBuilder();
    const canary = { handledAt: null, tookMs: null, waitingSince: null };
    const silentAbout = (now: number) => sealed(beatOf("billing", now, { canary, counter: now }));
    view(readingAt(start, silentAbout(start), { canaryRoundAt: null }));
    expect(view(readingAt(start + 1000, silentAbout(start + 1000)))).toMatchObject({ rung: null });
    for (let second = 2; second <= 50; second += 3)
      view(readingAt(start + second * 1000, silentAbout(start + second * 1000)));
    expect(view(readingAt(start + 52_000, silentAbout(start + 52_000)))).toMatchObject({ rung: 3 });
  });

  test("totals of an agent never go back when it starts again", () => {
    const { view } = newBuilder();
    const beat = (epoch: number, done: number, counter: number) =>
      sealed(
        beatOf("billing", start, { epoch, counter, startedAt: start + 1, tasks: { "stock.reserved": totals(done) } }),
      );
    expect(view(readingAt(start, beat(1, 40, 1)))?.done).toBe(40);
    expect(view(readingAt(start, beat(2, 2, 1)))?.done).toBe(42);
  });
});

describe("SnapshotBuilder, on beats it refuses", () => {
  test("a beat signed with another agent's key is refused, counted once, and the last genuine one stays", () => {
    const { builder, refused } = newBuilder();
    builder.build(readingAt(start, sealed(beatOf("billing", start))));
    const forged = sealed(beatOf("billing", start + 1000, { counter: 9, activity: "error" }), "invoices");
    for (const second of [1, 2, 3]) builder.build(readingAt(start + second * 1000, forged));
    const snapshot = builder.build(readingAt(start + 4000, forged));
    expect(snapshot).toMatchObject({ refusedBeats: 1, agents: [{ activity: "idle", beatAt: start }] });
    expect(refused).toEqual(["billing"]);
  });

  test("an agent whose beats are overwritten is gone when its last genuine one is too old", () => {
    const { builder } = newBuilder();
    builder.build(readingAt(start, sealed(beatOf("billing", start))));
    let snapshot = null;
    for (let second = 1; second <= 16; second += 1) {
      const at = start + second * 1000;
      const forged = sealed(beatOf("billing", at, { counter: 1 + second }), "invoices");
      snapshot = builder.build(readingAt(at, forged));
    }
    expect(snapshot).toMatchObject({ refusedBeats: 16, agents: [{ verdict: "gone", rung: 0 }] });
  });

  test("a beat of an older process is refused", () => {
    const { builder } = newBuilder();
    builder.build(readingAt(start, sealed(beatOf("billing", start, { epoch: 2 }))));
    const snapshot = builder.build(readingAt(start, sealed(beatOf("billing", start, { epoch: 1, counter: 99 }))));
    expect(snapshot.refusedBeats).toBe(1);
  });
});

describe("SnapshotBuilder, on the bus", () => {
  const group = (name: string, changes: Partial<GroupReading> = {}) => ({
    ...{ name, lag: 0, pending: 0, lastDelivered: "0-0" },
    ...changes,
  });
  const fleet = compileFleet("demo", {
    agents: [expectAgent("billing", { consumes: ["stock.*"] })],
    topics: ["stock.reserved", "stock.short"],
  });

  test("a subscription that Redis cannot tell the lag of, or that does not exist yet, has no lag", () => {
    const { builder } = newBuilder();
    const stream = {
      entries: 3,
      added: 5,
      firstId: null,
      lastId: null,
      groups: [group("billing", { lag: null, pending: 2 })],
    };
    const missing = { entries: 0, added: 0, firstId: null, lastId: null, groups: [] };
    const snapshot = builder.build(
      readingAt(start, null, {
        fleet,
        topics: new Map([
          ["stock.reserved", stream],
          ["stock.short", missing],
        ]),
      }),
    );
    expect(snapshot.topics).toMatchObject([
      { topic: "stock.reserved", added: 5, subscriptions: [{ group: "billing", lag: null, pending: 2 }] },
      { topic: "stock.short", added: 0, subscriptions: [{ group: "billing", lag: null, pending: null }] },
    ]);
  });

  test("a stream that cannot be read is unknown, and its neighbours are not touched", () => {
    const { builder } = newBuilder();
    const good = { entries: 1, added: 1, firstId: null, lastId: null, groups: [] };
    const topics = new Map([
      ["stock.reserved", null],
      ["stock.short", good],
    ]);
    expect(builder.build(readingAt(start, null, { fleet, topics })).topics).toMatchObject([
      { added: null, entries: null },
      { added: 1, entries: 1 },
    ]);
  });

  test("groups of agents that are not expected make no series, and are counted", () => {
    const { builder } = newBuilder();
    const stream = {
      entries: 1,
      added: 1,
      firstId: null,
      lastId: null,
      groups: [group("billing"), group("departed"), group("x")],
    };
    const snapshot = builder.build(readingAt(start, null, { fleet, topics: new Map([["stock.reserved", stream]]) }));
    expect(snapshot.unexpectedGroups).toBe(2);
    expect(snapshot.topics[0]?.subscriptions).toHaveLength(1);
  });

  test("agents that beat but are not expected are counted", () => {
    const { builder } = newBuilder();
    const snapshot = builder.build(readingAt(start, sealed(beatOf("billing", start)), { freshBeats: 3 }));
    expect(snapshot.unexpectedAgents).toBe(2);
  });

  test("what waits in inboxes is known only if it is known of each", () => {
    const { builder } = newBuilder();
    const waiting = (inbox: GroupReading | null) =>
      builder.build(
        readingAt(start, null, {
          inboxes: new Map([
            ["a", group("agent", { lag: 2, pending: 1 })],
            ["b", inbox],
          ]),
        }),
      ).inboxWaiting;
    expect(waiting(group("agent"))).toBe(3);
    expect(waiting(group("agent", { lag: null }))).toBeNull();
    expect(waiting(null)).toBeNull();
  });
});
