import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { createBrakeMetrics } from "./brakes.ts";

const member = (agent: string, heldSince: number | null) => ({
  ...{ agent, before: "running" as const, beforeUntil: null, heldSince },
});
const FREEZES = [
  { members: [member("billing", 1000), member("invoices", null)] },
  { members: [member("billing", 1000), member("order-validator", 1000)] },
];
const WINDOWS = [{ agents: ["invoices", "billing"] }, { agents: ["invoices"] }];

function open() {
  const registry = new Registry();
  let now = 60_000;
  const brakes = createBrakeMetrics(registry, () => now);
  const read = async (): Promise<string[]> =>
    (await registry.metrics()).split("\n").filter((line) => line.startsWith("rollcall_"));
  return { brakes, read, pass: (ms: number) => (now += ms) };
}

test("count what holds, and each agent once, whether or not it was off before", async () => {
  const { brakes, read } = open();
  brakes.seen({ freezes: FREEZES, windows: WINDOWS, at: 60_000 });
  expect(await read()).toEqual([
    "rollcall_brakes_freezes 2",
    "rollcall_brakes_frozen_agents 2",
    "rollcall_brakes_maintenance_windows 2",
    "rollcall_brakes_maintenance_agents 2",
  ]);
});

test("are 0 when nothing holds, and absent before anybody has looked and when that is long ago", async () => {
  const { brakes, read, pass } = open();
  expect(await read()).toEqual([]);
  brakes.seen({ freezes: [], windows: [], at: 60_000 });
  expect((await read()).every((line) => line.endsWith(" 0"))).toBe(true);
  expect(await read()).toHaveLength(4);
  pass(31_000);
  expect(await read()).toEqual([]);
});
