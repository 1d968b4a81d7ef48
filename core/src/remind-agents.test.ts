import { beforeEach, describe, expect, test } from "vitest";
import { FakeFleet } from "./fleet-fixture.ts";
import { type Reminded, remindAgents } from "./remind-agents.ts";

const MINUTE_MS = 60_000;
let fleet: FakeFleet;
let reminded: Reminded;
beforeEach(() => {
  fleet = new FakeFleet("billing", "invoices");
  reminded = new Map();
});

function want(state: "running" | "paused" | "stopped", agoMs = MINUTE_MS): void {
  const agent = fleet.agent("billing");
  agent.expected = { ...agent.expected, desired: { state, by: "x", since: fleet.now - agoMs, reason: null } };
}
const remind = (changed: readonly string[] = []) => remindAgents(fleet.ports, { reminded, changed });

describe("remindAgents", () => {
  test("tells who is wanted paused and works, once, and nobody else", async () => {
    want("paused");
    expect(await remind()).toEqual(["billing"]);
    expect(await remind()).toEqual([]);
    expect(fleet.effects).toEqual(["pause billing"]);
  });

  test("tells who is paused and wanted at work", async () => {
    fleet.agent("billing").beat = { activity: "paused" };
    want("running");
    await remind();
    expect(fleet.effects).toEqual(["resume billing"]);
  });

  test("asks again what was not obeyed, but not at each look", async () => {
    fleet.agent("billing").answersEcho = false;
    want("paused");
    await remind();
    fleet.now += 10_000;
    expect(await remind()).toEqual([]);
    fleet.now += 10_000;
    expect(await remind()).toEqual(["billing"]);
  });

  test("leaves the first seconds to the command itself, unless the change had none", async () => {
    want("paused", 3000);
    expect(await remind()).toEqual([]);
    expect(await remind(["billing"])).toEqual(["billing"]);
  });

  test.each([
    ["does what is wanted", {}, "running"],
    ["is stopping", { activity: "stopping" }, "paused"],
    ["is wanted stopped", {}, "stopped"],
    ["speaks an older protocol", { minor: 2 }, "paused"],
  ] as const)("leaves alone who %s", async (_, beat, state) => {
    fleet.agent("billing").beat = beat;
    want(state);
    expect(await remind()).toEqual([]);
  });

  test("leaves alone who is gone", async () => {
    want("paused");
    fleet.kill("billing");
    expect(await remind()).toEqual([]);
  });
});
