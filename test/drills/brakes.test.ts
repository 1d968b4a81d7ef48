import { expect, test } from "vitest";
import { openTestStore } from "../store-fixture.ts";
import { walkAndTell } from "./brakes.ts";

test("300 random steps of freeze, thaw, pause, resume, stop, start and restart end as a model says, on a real PostgreSQL", async () => {
  const store = await openTestStore();
  try {
    // A failure names its seed, with which the drill walks the same way again.
    const told: string[] = [];
    const outcomes = await walkAndTell([store.pool], { steps: 300 }, (sentence) => told.push(sentence));
    expect({ failed: outcomes.filter(({ passed }) => !passed), told: told[0] }).toEqual({ failed: [], told: told[0] });
  } finally {
    await store.close();
  }
}, 600_000);
