import { expect, test } from "vitest";
import { detectDrill } from "./detect.ts";

test("an agent that is killed, one that is frozen and one that is cut off are each told once, after their deadline", async () => {
  const outcomes = await detectDrill({ faults: 3, mostSeconds: null }).run(() => undefined);
  expect(outcomes.filter(({ passed }) => !passed)).toEqual([]);
  expect(outcomes).toHaveLength(4);
}, 240_000);
