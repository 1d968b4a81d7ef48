import { expect, test } from "vitest";
import { FakeFleet } from "../fleet-fixture.ts";
import type { LogSourceState, LogStore } from "../ports/log-store.ts";
import logsCollected from "./logs-collected.ts";

/** What it finds, with places that were read so many seconds ago. */
function look(...places: { name: string; ago: number | null; problem?: string }[]) {
  const fleet = new FakeFleet("billing");
  const states = places.map(
    ({ name, ago, problem = null }): LogSourceState => ({
      ...{ name, problem },
      readAt: ago === null ? null : fleet.now - ago * 1000,
    }),
  );
  const logs = { sources: async () => states } as Partial<LogStore> as LogStore;
  return logsCollected.run({ ports: { ...fleet.ports, logs }, operation: fleet.acting().operation });
}

test("places that were read a moment ago are all that is needed", async () => {
  expect(await look({ name: "supervisor", ago: 1 }, { name: "docker", ago: 4 })).toEqual({
    state: "passed",
    evidence: ["supervisor: read 1 s ago", "docker: read 4 s ago"],
  });
});

test.each([
  ["was not read for over a minute", { name: "docker", ago: 61 }, "docker: read 61 s ago"],
  [
    "was never read",
    { name: "docker", ago: null, problem: "Docker does not answer" },
    "docker: never read, Docker does not answer",
  ],
  ["has a problem now", { name: "docker", ago: 3, problem: "away" }, "docker: read 3 s ago, away"],
])("fails when a place %s, and names it beside the others", async (_, place, words) => {
  const { state, evidence } = await look({ name: "supervisor", ago: 1 }, place);
  expect([state, evidence]).toEqual(["failed", ["supervisor: read 1 s ago", words]]);
});

test("fails when there is no place at all", async () => {
  expect((await look()).state).toBe("failed");
});

test("a place that was not read for a day is gone, and nothing that could be mended", async () => {
  expect((await look({ name: "supervisor", ago: 1 }, { name: "services on old-host", ago: 90_000 })).state).toBe(
    "passed",
  );
});

test("is left out where no logs are kept", async () => {
  const fleet = new FakeFleet("billing");
  const found = await logsCollected.run({ ports: fleet.ports, operation: fleet.acting().operation });
  expect(found.state).toBe("skipped");
});
