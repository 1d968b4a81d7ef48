import { beforeEach, describe, expect, test } from "vitest";
import type { ActCommand } from "../command.ts";
import { named } from "../command-fixture.ts";
import type { AuditEntry } from "../domain/audit.ts";
import { targetOf } from "../fake-agent-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import type { BreakGlass, BreakGlassUse } from "../ports/break-glass.ts";

let fleet: FakeFleet;
let use: BreakGlassUse;
let audit: AuditEntry[];
const command = named("review-break-glass") as ActCommand;
const input = { use: "bg-3", text: "PostgreSQL was away" };
beforeEach(() => {
  fleet = new FakeFleet("billing");
  audit = [];
  use = {
    ...{
      id: "bg-3",
      command: "restart",
      agent: "billing",
      actor: "host:root",
      reason: "away",
      beganAt: 0,
      ending: "done",
    },
    ...{ error: null, operationId: "op-1", reviewedBy: null, reviewedAt: null, review: null, revision: 1 },
  };
  const store: Pick<BreakGlass, "find" | "unreviewed" | "review"> = {
    find: async (id) => (id === use.id ? use : null),
    unreviewed: async () => (use.reviewedBy === null ? [use] : []),
    review: async (_, { by, text }, entry) => {
      if (use.reviewedBy !== null) return false;
      use = { ...use, reviewedBy: by, review: text };
      return audit.push(entry) > 0;
    },
  };
  Object.assign(fleet.ports, { breakGlass: store });
});
const aim = (wanted: Record<string, unknown> = input) => command.targets(wanted, fleet.reading());
const carryOut = () => command.stages[0]?.run(targetOf("bg-3"), fleet.acting({ command: "review-break-glass", input }));

describe("review-break-glass", () => {
  test("closes a use with what was found, and is written down", async () => {
    await aim();
    expect(await carryOut()).toMatchObject({ ending: "done" });
    expect(use).toMatchObject({ reviewedBy: "Operator on call", review: "PostgreSQL was away" });
    expect(audit).toMatchObject([{ event: "break-glass", action: "reviewed", targets: ["bg-3"] }]);
  });

  test("is done once; one that there is not says what waits", async () => {
    await expect(aim({ ...input, use: "bg-4" })).rejects.toThrow("There is no bg-4. Waiting: bg-3.");
    await carryOut();
    expect(await carryOut()).toMatchObject({ detail: "it was reviewed before" });
    expect(audit).toHaveLength(1);
    await expect(aim()).rejects.toThrow("reviewed by Operator on call already");
  });
});
