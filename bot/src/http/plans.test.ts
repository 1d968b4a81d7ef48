import type { Plan } from "@rollcall/core/domain/plan.ts";
import { apiPlanned } from "@rollcall/core/plan-contract.ts";
import { expect, test } from "vitest";
import { callers, makeApp, NOW } from "./app-fixture.ts";

const target = (agent: string): Plan["targets"][number] => ({
  ...{ agent, criticality: "P2", verdict: "working", health: "healthy", note: null, activity: "idle", inFlight: 0 },
  ...{ oldestInFlightAt: null, waiting: 3, epoch: 7, startedAt: NOW - 60_000, version: "1.0.0", desired: "running" },
});
const plan: Plan = {
  ...{
    command: "restart",
    input: { who: ["all"] },
    force: false,
    actor: "operator",
    subjects: ["crm-chat", "shipping"],
  },
  ...{
    targets: [target("crm-chat"), target("shipping")],
    fleetSize: 2,
    batches: [["crm-chat"], ["shipping"]],
    budget: 1,
  },
  ...{ groupsBelow: [], stages: ["sent", "working"], interrupts: true, dependents: [], queues: [], usualSeconds: 38 },
  ...{ earlierRuns: 5, secondPerson: null, brakes: [], incidentId: null, policyVersion: "1", problems: [], asOf: NOW },
};

test("a plan comes with the words that every door says, and with what is to be typed for a whole fleet", async () => {
  const confirm = { token: "token-1", expiresAt: NOW + 300_000 };
  const made = makeApp((deps) => ({ ...deps, run: async () => ({ kind: "plan", plan, confirm, changed: null }) }));
  const headers = { ...callers.operator, "idempotency-key": "wish-0001" };
  const body = { input: { who: ["all"] } };
  const answer = await made.app.inject({ method: "POST", url: "/api/v1/commands/restart", headers, body });
  expect(answer.statusCode).toBe(200);
  const { words, confirm: offered } = apiPlanned.parse(answer.json());
  expect(words).toMatchObject({ title: "Restart all", typed: "restart 2" });
  expect(words.lines.join("\n")).toContain("2 batches");
  expect(words.valid).toContain("Nothing has happened yet.");
  expect(offered).toEqual(confirm);
});
