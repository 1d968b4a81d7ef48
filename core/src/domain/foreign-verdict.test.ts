import { describe, expect, test } from "vitest";
import type { DesiredState } from "../protocol.ts";
import { type Evidence, judge } from "./verdict.ts";

const NOW = 1_800_000_000_000;
const desired: DesiredState = { state: "running", by: null, since: null, reason: null };
const heartbeat = { key: "crm:alive", time: "seconds" as const, maxAgeSeconds: 30 };

const byHeartbeat = (found: Partial<Evidence>, wanted: Partial<DesiredState> = {}) =>
  judge({
    expected: {
      ...{ id: "old-crm", criticality: "P2", normalSeconds: 2, presence: "heartbeat", heartbeat },
      desired: { ...desired, ...wanted },
    },
    ...{ beat: null, processUp: null, echo: null, canary: null, canaryRoundAt: NOW - 1000, now: NOW },
    ...found,
  });
const bySupervisor = (processUp: boolean | null, wanted: Partial<DesiredState> = {}) =>
  judge({
    expected: {
      ...{ id: "batch", criticality: "P2", normalSeconds: 2, presence: "supervisor" },
      desired: { ...desired, ...wanted },
    },
    ...{ beat: null, processUp, echo: null, canary: null, canaryRoundAt: NOW - 1000, now: NOW },
  });
const beaten = (secondsAgo: number) => ({ at: NOW - secondsAgo * 1000 });

describe("the verdict on an agent with a mapped heartbeat", () => {
  test.each([
    ["a fresh one, no supervisor", { mapped: beaten(29) }, ["up", 2]],
    ["a fresh one, and its process is up", { mapped: beaten(1), processUp: true }, ["up", 2]],
    ["one a little ahead of us", { mapped: beaten(-5) }, ["up", 2]],
    ["one further ahead than it may be old", { mapped: beaten(-31) }, ["unknown", null]],
    ["an old one", { mapped: beaten(31) }, ["gone", 0]],
    ["an old one, but its process is up", { mapped: beaten(31), processUp: true }, ["silent", 1]],
    ["a fresh one of a process that has ended", { mapped: beaten(1), processUp: false }, ["gone", 0]],
    ["none ever", { mapped: null }, ["missing", 0]],
    ["none ever, but its process is up", { mapped: null, processUp: true }, ["silent", 1]],
    ["one that cannot be read", { mapped: { problem: "no time" } }, ["unknown", null]],
    [
      "one that cannot be read, of a process that has ended",
      { mapped: { problem: "?" }, processUp: false },
      ["gone", 0],
    ],
    ["nobody looked", {}, ["unknown", null]],
    ["an old one, and the bus was away", { mapped: beaten(31), busSince: NOW - 20_000 }, ["unknown", null]],
    ["an old one, long after the bus was away", { mapped: beaten(61), busSince: NOW - 31_000 }, ["gone", 0]],
  ] as const)("%s", (_, found, [verdict, rung]) => {
    expect(byHeartbeat(found)).toMatchObject({ verdict, rung });
  });

  test("is never better than up, with its health unknown, whatever a forged beat, echo or canary claims", () => {
    expect(byHeartbeat({ mapped: beaten(1), echo: 1, canary: 1 })).toMatchObject({
      ...{ verdict: "up", rung: 2, health: "unknown", note: "work not provable" },
    });
  });

  test("stopped on purpose is stopped once it does not beat any more, and still up while it does", () => {
    expect(byHeartbeat({ mapped: beaten(31) }, { state: "stopped" })).toMatchObject({
      verdict: "stopped",
      health: "off",
    });
    expect(byHeartbeat({ mapped: beaten(1) }, { state: "stopped" })).toMatchObject({ verdict: "up", health: "off" });
  });
});

describe("the verdict on an agent that only its supervisor speaks for", () => {
  test.each([
    [true, { verdict: "up", rung: 1, health: "unknown" }],
    [false, { verdict: "gone", rung: 0, health: "critical" }],
    [null, { verdict: "unknown", rung: null, health: "unknown" }],
  ] as const)("its process up: %s", (processUp, judgement) => {
    expect(bySupervisor(processUp)).toMatchObject(judgement);
  });

  test("stopped on purpose is off", () => {
    expect(bySupervisor(false, { state: "stopped" })).toMatchObject({ verdict: "stopped", health: "off" });
  });
});
