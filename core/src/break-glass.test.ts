import { beforeEach, describe, expect, test } from "vitest";
import { breakGlass } from "./break-glass.ts";
import type { ActCommand } from "./command.ts";
import { named } from "./command-fixture.ts";
import type { TargetProgress } from "./domain/operation.ts";
import { FakeFleet } from "./fleet-fixture.ts";

let fleet: FakeFleet;
let notes: string[];
beforeEach(() => {
  fleet = new FakeFleet("billing");
  notes = [];
});

/** @param failAt the note, by its number from 1, that cannot be written */
function use(command: string, failAt = 0): Promise<TargetProgress> {
  const wish = {
    id: "u-1",
    command: named(command) as ActCommand,
    agent: "billing",
    actor: "host:root",
    reason: "away",
  };
  return breakGlass(wish, {
    ports: fleet.ports,
    note: async (step) => {
      if (notes.length + 1 === failAt) throw new Error("disk full");
      notes.push(`${step} after ${fleet.effects.length}`);
    },
    tell: () => undefined,
  });
}

describe("break-glass", () => {
  test("restarts an agent by the stages of restart and proves that it works, each written down before it", async () => {
    fleet.kill("billing");
    const { ending, stages } = await use("restart");
    expect(ending).toBe("done");
    expect(stages.map(({ name, state }) => `${name} ${state}`)).toEqual([
      "sent done",
      "stopped skipped",
      "started done",
      "working done",
    ]);
    expect(notes).toEqual([
      "began after 0",
      "stage after 0",
      "stage after 0",
      "stage after 0",
      "stage after 1",
      "ended after 1",
    ]);
  });

  test.each([1, 2])("does nothing to the agent if note %i cannot be written", async (failAt) => {
    await expect(use("stop", failAt)).rejects.toThrow("disk full");
    expect(fleet.effects).toEqual([]);
  });

  test("says that it failed when Redis is away too, and what it did not do", async () => {
    fleet.away.add("redis");
    const { ending } = await use("restart");
    expect(ending).toBe("failed");
    expect(fleet.effects).toEqual([]);
    expect(notes.at(-1)).toMatch(/^ended/);
  });
});
