import { describe, expect, test } from "vitest";
import { targetOf } from "../fake-agent-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import { orderStop } from "./stop-agent.ts";

describe("an order that was begun before", () => {
  test.each([["redis" as const], ["supervisor" as const]])(
    "does not claim that nothing was done when %s is away",
    async (what) => {
      const fleet = new FakeFleet("billing");
      fleet.away.add(what);
      const repeated = orderStop(targetOf("billing"), { ...fleet.acting(), isRepeat: true });
      await expect(repeated).rejects.toMatchObject({ code: "unavailable" });
    },
  );
});
