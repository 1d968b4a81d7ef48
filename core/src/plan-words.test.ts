import { describe, expect, test } from "vitest";
import type { Plan, PlannedTarget } from "./domain/plan.ts";
import { validLine } from "./plan-words.ts";

const target = (agent: string): PlannedTarget => ({
  ...{ agent, criticality: "P1", verdict: "working", health: "healthy", note: null, activity: "idle", inFlight: 0 },
  ...{ oldestInFlightAt: null, waiting: 0, epoch: 1, startedAt: 1000, version: "1.0.0", desired: "running" },
});
const plan: Plan = {
  ...{ command: "freeze", input: {}, force: false, actor: "olga", subjects: ["freeze"], targets: [], fleetSize: 22 },
  ...{ batches: [], budget: null, groupsBelow: [], stages: [], interrupts: true, dependents: [], queues: [] },
  ...{ usualSeconds: null, earlierRuns: 0, secondPerson: null, brakes: [], incidentId: null, policyVersion: "p" },
  ...{ problems: [], asOf: 1000 },
};

describe("how long a plan is good for", () => {
  test.each([
    ["one agent", { subjects: ["billing"], targets: [target("billing")] }, "until billing changes"],
    ["several agents", { subjects: ["a", "b"], targets: [target("a"), target("b")] }, "until one of them changes"],
    ["one brake for several agents", { targets: [target("a"), target("b")] }, "until one of them changes"],
    ["a person", { subjects: ["olga"] }, "until olga changes"],
  ])("names what it is about: %s", (_, changes, words) => {
    expect(validLine({ plan: { ...plan, ...changes }, expiresAt: 2000 })).toContain(words);
  });
});
