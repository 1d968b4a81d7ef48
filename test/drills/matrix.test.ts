import { expect, test } from "vitest";
import { matrixDrill } from "./matrix.ts";

test("at a real control service nobody may more or less than the design says, and every refusal is written down", async () => {
  const said: string[] = [];
  const drill = matrixDrill({ standings: ["known", "blocked in PostgreSQL"], phases: 1 });
  const outcomes = await drill.run((words) => said.push(words));
  expect([outcomes.filter(({ passed }) => !passed), said.filter((words) => words.startsWith("  "))]).toEqual([[], []]);
  expect(outcomes).toHaveLength(8);
}, 400_000);
