import { FakeFleet } from "@rollcall/core/fleet-fixture.ts";
import type { LetterLimits } from "@rollcall/core/ports/event-bus.ts";
import { expect, test } from "vitest";
import { createLog } from "../log.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { dropOldLetters } from "./dead-letters.ts";

test("letters are kept for the days that are set, and what is dropped is counted by reason and said once", async () => {
  const { ports } = new FakeFleet("billing");
  const asked: LetterLimits[] = [];
  const answers = [
    { byAge: 3, byNumber: 2 },
    { byAge: 0, byNumber: 0 },
  ];
  const dropLetters = async (limits: LetterLimits) => {
    asked.push(limits);
    return answers.shift() ?? { byAge: 0, byNumber: 0 };
  };
  const lines: string[] = [];
  const { registry, deadLetters: metrics } = createMetrics({ version: "1" });
  const log = createLog("warn", { write: (line: string) => void lines.push(line) });
  const deps = { ports: { ...ports, events: { ...ports.events, dropLetters } }, metrics, log };
  await dropOldLetters(7, deps);
  await dropOldLetters(7, deps);
  expect(asked[0]).toEqual({ topics: ["stock.reserved"], keepMs: 7 * 24 * 3_600_000, most: 9000 });
  const text = await registry.getSingleMetricAsString("rollcall_dead_letters_dropped_total");
  expect(text).toContain('{reason="age"} 3');
  expect(text).toContain('{reason="number"} 2');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('"by_age":3');
});
