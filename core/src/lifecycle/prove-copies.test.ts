import { describe, expect, test } from "vitest";
import { Failure } from "../domain/failure.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import type { Copies } from "../ports/runtime.ts";
import { LIFECYCLE_LIMITS } from "./limits.ts";
import { findOutCopies, proveCopies } from "./prove-copies.ts";

const LIMITS = { ...LIFECYCLE_LIMITS, copiesMs: 20, pollMs: 1 };
const SCALED = { agent: "billing", copies: 3 };
const copies = (wanted: number, existing: number, ready: number): Copies => ({ wanted, existing, ready });

/** A runtime that always sees the same, or does not answer. */
function seeing(seen: Copies | null | "away") {
  const fleet = new FakeFleet("billing");
  Object.assign(fleet.ports.supervisor, {
    copies: async () => {
      if (seen === "away") throw new Failure("unavailable", "Kubernetes does not answer");
      return seen;
    },
  });
  return fleet.acting({});
}

describe("scaling has come to its end", () => {
  test.each([
    ["when so many are ready", copies(3, 3, 3), { state: "done", detail: "3 of 3 ready" }],
    ["when it is stopped", copies(0, 0, 0), { state: "done", detail: "it is stopped, and starts as 3 copies" }],
    [
      "when somebody else wants another number",
      copies(1, 3, 3),
      { state: "failed", error: "somebody else wants 1 copy of it by now" },
    ],
    ["not while some are not ready", copies(3, 3, 2), { error: "2 of 3 ready after 0 s. The runtime goes on trying" }],
    [
      "not while some too many are there",
      copies(3, 5, 3),
      { error: "3 of 3 ready, 2 too many are still there after 0 s. The runtime goes on trying" },
    ],
    [
      "not before the runtime has taken it up",
      null,
      { error: "the runtime has not taken it up yet after 0 s. The runtime goes on trying" },
    ],
  ])("%s", async (_, seen, result) => {
    expect(await proveCopies(SCALED, seeing(seen), LIMITS)).toMatchObject(result);
  });

  test("is not claimed while the runtime does not answer: it is asked again", async () => {
    await expect(proveCopies(SCALED, seeing("away"), LIMITS)).rejects.toMatchObject({ code: "unavailable" });
  });

  test("is found out later by one look, and not guessed", async () => {
    expect(await findOutCopies(SCALED, seeing(copies(3, 3, 3)))).toMatchObject({ ending: "done" });
    expect(await findOutCopies(SCALED, seeing(copies(3, 3, 1)))).toBeNull();
  });
});
