import { expect, test } from "vitest";
import { replayDrill } from "./replay.ts";

test("6 distinct signed Slack requests, each sent 51 times to a real control service, have 6 effects", async () => {
  const outcomes = await replayDrill(6).run(() => undefined);
  expect(outcomes.filter(({ passed }) => !passed)).toEqual([]);
  expect(outcomes).toHaveLength(6);
}, 60_000);
