import { expect, test } from "vitest";
import { stormDrill } from "./storm.ts";

test("400 alerts at once, by a real Alertmanager, are all stored and make one message for each of their 8 groups, and one of a P0 agent its own", async () => {
  const outcomes = await stormDrill({ alerts: 400, quick: true }).run(() => undefined);
  expect(outcomes.filter(({ passed }) => !passed)).toEqual([]);
  expect(outcomes).toHaveLength(7);
}, 240_000);
