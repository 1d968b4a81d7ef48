import { expect, test } from "vitest";
import { tamperDrill } from "./tamper.ts";
import { TAMPERINGS } from "./tamperings.ts";

test("a log of 40 rows that is tampered with in 14 ways is named each time, by Rollcall and by a verifier of its own", async () => {
  const outcomes = await tamperDrill(40).run(() => undefined);
  expect(outcomes.filter(({ passed }) => !passed)).toEqual([]);
  expect(outcomes).toHaveLength(TAMPERINGS.length + 1);
}, 300_000);
