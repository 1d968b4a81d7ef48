import { describe, expect, test } from "vitest";
import { type ActiveFreeze, planFreeze, planThaw, type Standing } from "./freeze.ts";

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;
const END = NOW + 60 * MINUTE;
const standing = (states: Record<string, Partial<Standing>>): Map<string, Standing> =>
  new Map(
    Object.entries(states).map(([agent, one]) => [agent, { state: "running", since: null, until: null, ...one }]),
  );

const frozen = (id: string, states: Record<string, Partial<Standing>>, active: ActiveFreeze[] = []) => {
  const situation = { standing: standing(states), active, now: NOW, endsAt: END };
  const { members, changes } = planFreeze(Object.keys(states), situation);
  const freeze: ActiveFreeze = { id, by: "Olga", reason: null, startedAt: NOW, endsAt: END, members };
  return { freeze, changes };
};

describe("planFreeze", () => {
  test("pauses who runs until its end, and remembers who was off", () => {
    const { freeze, changes } = frozen("fz-1", {
      billing: {},
      invoices: { state: "stopped", since: 5 },
      shipping: { state: "paused", since: 6 },
    });
    expect(changes).toEqual([{ agent: "billing", state: "paused", since: NOW, until: END }]);
    expect(freeze.members).toEqual([
      { agent: "billing", before: "running", beforeUntil: null, heldSince: NOW },
      { agent: "invoices", before: "stopped", beforeUntil: null, heldSince: null },
      { agent: "shipping", before: "paused", beforeUntil: null, heldSince: null },
    ]);
  });

  test("prolongs a pause that would end before it, and leaves one that ends later", () => {
    const { changes } = frozen("fz-1", {
      billing: { state: "paused", since: 7, until: NOW + MINUTE },
      shipping: { state: "paused", since: 8, until: END + MINUTE },
    });
    expect(changes).toEqual([{ agent: "billing", state: "paused", since: 7, until: END }]);
  });
});

describe("planThaw", () => {
  const thaw = (freeze: ActiveFreeze, states: Record<string, Partial<Standing>>, active: ActiveFreeze[] = []) =>
    planThaw(freeze, { standing: standing(states), active, now: NOW + 10 * MINUTE });
  const held = { state: "paused", since: NOW, until: END } as const;

  test("resumes who ran and nobody changed", () => {
    const { freeze } = frozen("fz-1", { billing: {} });
    expect(thaw(freeze, { billing: held })).toMatchObject({ resumed: ["billing"], changed: [] });
  });

  test.each<[string, Partial<Standing>]>([
    ["paused for good by hand", { state: "paused", since: NOW + 1 }],
    ["stopped", { state: "stopped", since: NOW + 1 }],
    ["resumed by hand", { state: "running", since: NOW + 1 }],
  ])("leaves who was %s meanwhile", (_, state) => {
    const { freeze } = frozen("fz-1", { billing: {} });
    expect(thaw(freeze, { billing: state })).toEqual({
      changes: [],
      resumed: [],
      stillPaused: [],
      changed: ["billing"],
    });
  });

  test("leaves who is held by another freeze, until the last of them is thawed", () => {
    const one = frozen("fz-1", { billing: {} }).freeze;
    const other = frozen("fz-2", { billing: held }, [one]).freeze;
    expect(thaw(one, { billing: held }, [other])).toMatchObject({ resumed: [], stillPaused: ["billing"] });
    expect(thaw(other, { billing: held })).toMatchObject({ resumed: ["billing"] });
  });

  test("gives a prolonged pause its own end back", () => {
    const { freeze } = frozen("fz-1", { billing: { state: "paused", since: 7, until: NOW + 20 * MINUTE } });
    const { changes, stillPaused } = thaw(freeze, { billing: { state: "paused", since: 7, until: END } });
    expect(stillPaused).toEqual(["billing"]);
    expect(changes).toEqual([{ agent: "billing", state: "paused", since: 7, until: NOW + 20 * MINUTE }]);
  });

  test("ends a prolonged pause whose own time is over", () => {
    const { freeze } = frozen("fz-1", { billing: { state: "paused", since: 7, until: NOW + MINUTE } });
    expect(thaw(freeze, { billing: { state: "paused", since: 7, until: END } })).toMatchObject({
      resumed: ["billing"],
    });
  });
});
