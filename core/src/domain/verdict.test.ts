import { describe, expect, test } from "vitest";
import type { DesiredState, Heartbeat } from "../protocol.ts";
import { type Evidence, isWorking, judge, VERDICT_RANK, VERDICTS } from "./verdict.ts";

const now = 1_800_000_000_000;
const ago = (seconds: number): number => now - seconds * 1000;

type BeatChanges = Partial<Omit<Heartbeat, "canary">> & { canary?: Partial<Heartbeat["canary"]> };

const beatOf = ({ canary, ...changes }: BeatChanges = {}): Heartbeat => ({
  v: 1,
  agent: "billing",
  epoch: 1,
  counter: 7,
  at: ago(2),
  clockSkewMs: 0,
  startedAt: ago(600),
  startedBy: null,
  version: "1.0.0",
  activity: "processing",
  inFlight: 0,
  oldestInFlightAt: null,
  inboxReadAt: ago(3),
  canary: { handledAt: ago(10), tookMs: 3, waitingSince: null, ...canary },
  tasks: {},
  cpuSeconds: 1,
  rssBytes: 1,
  eventLoopDelaySeconds: 0,
  host: "host",
  runtime: { kind: "process", name: "billing" },
  publishes: [],
  consumes: [],
  ...changes,
});

const wants = (state: DesiredState["state"]): Evidence["expected"] => ({
  id: "billing",
  criticality: "P0",
  normalSeconds: 2,
  desired: { state, by: "operator", since: ago(100), reason: null },
});

/** By default an agent that works, seen through its heartbeat alone, as the exporter sees it. */
const evidenceOf = (changes: Partial<Evidence> = {}): Evidence => ({
  expected: wants("running"),
  beat: beatOf(),
  processUp: null,
  echo: null,
  canary: null,
  canaryRoundAt: ago(5),
  now,
  ...changes,
});

const waitsTooLong = { canary: { waitingSince: ago(30), handledAt: ago(32) } };
const neverAsked = { canary: { handledAt: null } };

describe("judge, on the heartbeat alone", () => {
  test.each<[string, Partial<Evidence>, string, number | null, string]>([
    ["handled its last canary", {}, "working", 5, "healthy"],
    ["beats for the last moment in time", { beat: beatOf({ at: ago(15) }) }, "working", 5, "healthy"],
    ["missed its deadline", { beat: beatOf({ at: ago(15.1) }) }, "gone", 0, "critical"],
    ["was never seen", { beat: null }, "missing", 0, "critical"],
    ["beats from the future", { beat: beatOf({ at: ago(-60) }) }, "working", 5, "healthy"],
    ["had not read its inbox for 11 s when it beat", { beat: beatOf({ inboxReadAt: ago(13) }) }, "deaf", 2, "critical"],
    ["had read its inbox 9 s before it beat", { beat: beatOf({ inboxReadAt: ago(11) }) }, "working", 5, "healthy"],
    ["leaves a canary untaken", { beat: beatOf(waitsTooLong) }, "alive but not consuming", 3, "critical"],
    [
      "leaves a canary untaken and holds an item too long",
      { beat: beatOf({ ...waitsTooLong, oldestInFlightAt: ago(31) }) },
      "alive but not consuming",
      3,
      "critical",
    ],
    [
      "leaves a canary untaken over an item that may take that long",
      {
        expected: { ...wants("running"), normalSeconds: 40 },
        beat: beatOf({ ...waitsTooLong, oldestInFlightAt: ago(31) }),
      },
      "busy",
      4,
      "healthy",
    ],
    [
      "has let a canary wait for 19 s",
      { beat: beatOf({ canary: { waitingSince: ago(21), handledAt: ago(36) } }) },
      "working",
      5,
      "healthy",
    ],
    ["holds an item too long", { beat: beatOf({ oldestInFlightAt: ago(5) }) }, "slow", 4, "degraded"],
    [
      "holds an item that was young when it beat",
      { beat: beatOf({ oldestInFlightAt: ago(3) }) },
      "working",
      5,
      "healthy",
    ],
    [
      "does not get worse while its last heartbeat ages",
      {
        beat: beatOf({ at: ago(14), oldestInFlightAt: ago(15), canary: { waitingSince: ago(24), handledAt: ago(25) } }),
      },
      "working",
      5,
      "healthy",
    ],
    ["is asked nothing by anybody", { beat: beatOf(neverAsked), canaryRoundAt: null }, "unknown", null, "unknown"],
    [
      "handled canaries until they stopped coming",
      { beat: beatOf({ canary: { handledAt: ago(50) } }), canaryRoundAt: ago(50) },
      "unknown",
      null,
      "unknown",
    ],
    [
      "leaves a canary untaken after they stopped coming",
      { beat: beatOf({ canary: { waitingSince: ago(90), handledAt: ago(95) } }), canaryRoundAt: ago(90) },
      "alive but not consuming",
      3,
      "critical",
    ],
    [
      "is too young to have been asked",
      { beat: beatOf({ ...neverAsked, startedAt: ago(20) }) },
      "unknown",
      null,
      "unknown",
    ],
    ["is old and takes no canaries", { beat: beatOf(neverAsked) }, "alive but not consuming", 3, "critical"],
    [
      "is old, and canaries have only just begun",
      { beat: beatOf(neverAsked), canariesSince: ago(5) },
      "unknown",
      null,
      "unknown",
    ],
    [
      "is silent since an outage of the bus",
      { beat: beatOf({ at: ago(60) }), busSince: ago(5) },
      "unknown",
      null,
      "unknown",
    ],
    ["was never seen on a new bus", { beat: null, busSince: ago(5) }, "unknown", null, "unknown"],
    ["is silent long after an outage", { beat: beatOf({ at: ago(60) }), busSince: ago(16) }, "gone", 0, "critical"],
    ["beats after an outage of the bus", { busSince: ago(5) }, "working", 5, "healthy"],
  ])("an agent that %s", (_, changes, ...[verdict, rung, health]) => {
    expect(judge(evidenceOf(changes))).toMatchObject({ verdict, rung, health });
  });
});

describe("judge, with direct evidence", () => {
  const silent = beatOf({ at: ago(60) });
  test.each<[string, Partial<Evidence>, string, number | null]>([
    ["a process without a heartbeat is silent", { beat: silent, processUp: true }, "silent", 1],
    ["a process that never beat is silent", { beat: null, processUp: true }, "silent", 1],
    ["no process and no heartbeat is gone", { beat: silent, processUp: false }, "gone", 0],
    ["a fresh heartbeat of a process that has ended is gone", { processUp: false }, "gone", 0],
    ["an ended process is gone whatever the bus did", { processUp: false, busSince: ago(1) }, "gone", 0],
    ["a process that nobody supervises but that answers works", { processUp: false, echo: 2, canary: 3 }, "working", 5],
    ["no heartbeat but an echo is silent", { beat: silent, processUp: false, echo: 2 }, "silent", 1],
    ["an unanswered echo is deaf", { echo: "none" }, "deaf", 2],
    [
      "an unanswered echo is deaf, though a process is up",
      { echo: "none", canary: "none", processUp: true },
      "deaf",
      2,
    ],
    ["an unanswered echo is no matter if the canary came back", { echo: "none", canary: 4 }, "working", 5],
    ["an echo beats an old inbox time", { echo: 2, beat: beatOf({ inboxReadAt: ago(40) }) }, "working", 5],
    ["a canary not taken is not consuming", { echo: 2, canary: "none" }, "alive but not consuming", 3],
    [
      "a canary not taken over an item that has become too old since the beat",
      { canary: "none", beat: beatOf({ oldestInFlightAt: ago(3) }) },
      "alive but not consuming",
      3,
    ],
    [
      "a canary not taken over a young item is busy",
      { canary: "none", beat: beatOf({ at: ago(0.5), oldestInFlightAt: ago(1) }) },
      "busy",
      4,
    ],
    ["a canary taken proves more than an old one waiting", { canary: 3, beat: beatOf(waitsTooLong) }, "working", 5],
    ["a canary taken needs no rounds", { canary: 3, canaryRoundAt: null, beat: beatOf(neverAsked) }, "working", 5],
  ])("%s", (_, changes, ...[verdict, rung]) => {
    expect(judge(evidenceOf(changes))).toMatchObject({ verdict, rung });
  });
});

describe("judge, on an agent that should not run", () => {
  test.each<[string, DesiredState["state"], Partial<Evidence>, string, number | null]>([
    ["stopped and silent", "stopped", { beat: beatOf({ at: ago(60) }) }, "stopped", 0],
    ["stopped and never seen", "stopped", { beat: null }, "stopped", 0],
    ["stopped, its last heartbeat said so", "stopped", { beat: beatOf({ activity: "stopping" }) }, "stopped", 0],
    ["stopped, its process has ended", "stopped", { processUp: false }, "stopped", 0],
    ["stopped but at work", "stopped", {}, "working", 5],
    ["stopped but its process is up", "stopped", { beat: null, processUp: true }, "silent", 1],
    ["stopped but it answers", "stopped", { beat: null, echo: 3 }, "silent", 1],
    ["stopped but it hangs", "stopped", { beat: beatOf(waitsTooLong) }, "alive but not consuming", 3],
    ["paused and takes canaries", "paused", {}, "paused", 5],
    ["paused and leaves canaries", "paused", { beat: beatOf(waitsTooLong) }, "paused", 3],
    ["paused and not asked", "paused", { beat: beatOf(neverAsked), canaryRoundAt: null }, "paused", null],
    ["paused and deaf", "paused", { echo: "none" }, "deaf", 2],
    ["paused and gone", "paused", { beat: beatOf({ at: ago(60) }) }, "gone", 0],
  ])("%s is off on purpose", (_, state, ...[changes, verdict, rung]) => {
    expect(judge(evidenceOf({ ...changes, expected: wants(state) }))).toMatchObject({ verdict, rung, health: "off" });
  });

  test("says since when it is off", () => {
    expect(judge(evidenceOf({ beat: null, expected: wants("stopped") })).since).toBe(ago(100));
  });
});

describe("judge, on an agent that is to run again", () => {
  test("does not blame it for the canaries that it was not sent meanwhile", () => {
    const expected = wants("running");
    const resumed = { ...expected, desired: { ...expected.desired, since: ago(10) } };
    expect(judge(evidenceOf({ expected: resumed, beat: beatOf({ canary: { handledAt: ago(900) } }) })).rung).toBeNull();
  });
});

describe("judge, beside the verdict", () => {
  test("says how old the item is and what is normal", () => {
    expect(judge(evidenceOf({ beat: beatOf({ oldestInFlightAt: ago(7) }) }))).toMatchObject({
      note: "item 5 s old, normal ≤ 2 s",
      since: ago(7),
    });
  });
  test("says why it does not know", () => {
    expect(judge(evidenceOf({ beat: beatOf(neverAsked), canaryRoundAt: null })).note).toBe(
      "no canaries are being sent",
    );
  });
  test("dates an agent that is gone by its last heartbeat", () => {
    expect(judge(evidenceOf({ beat: beatOf({ at: ago(60) }) })).since).toBe(ago(60));
  });
  test("dates an agent that does not consume by the item it holds", () => {
    expect(judge(evidenceOf({ beat: beatOf({ ...waitsTooLong, oldestInFlightAt: ago(31) }) })).since).toBe(ago(31));
  });
});

describe("ranking", () => {
  test("sick agents come before agents that are off, and working ones last but for unexpected ones", () => {
    const ranked = VERDICTS.toSorted((a, b) => VERDICT_RANK[a] - VERDICT_RANK[b]);
    expect(ranked.indexOf("alive but not consuming")).toBeLessThan(ranked.indexOf("stopped"));
    expect(ranked[0]).toBe("gone");
  });
  test("busy and slow agents count as working, all sick ones do not", () => {
    expect(VERDICTS.filter(isWorking)).toEqual(["busy", "slow", "working"]);
  });
});
