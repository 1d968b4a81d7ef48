import { expect, test } from "vitest";
import { verdictsDrill } from "./verdicts.ts";

test("agents that are hung, paused or frozen are each called by the right name", async () => {
  const said: string[] = [];
  const drill = verdictsDrill({
    agents: ["order-validator", "content-generator"],
    faults: ["hang", "paused", "frozen"],
  });
  const outcomes = await drill.run((words) => said.push(words));
  expect([outcomes.filter(({ passed }) => !passed), said.filter((words) => words.includes("\n"))]).toEqual([[], []]);
  expect(outcomes).toHaveLength(4);
}, 600_000);
