import { describe, expect, test } from "vitest";
import { renderTimes } from "../domain/report.ts";
import { BRAKE_LIMITS, readBrakeLimits } from "./brake-limits.ts";
import { type BudgetQuestion, type Interruption, judgeBudget, type Lately } from "./restart-budget.ts";

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;

/** A restart so many minutes ago. */
const restart = (minutesAgo: number, changes: Partial<Interruption> = {}): Interruption => ({
  ...{ agent: "billing", command: "restart", at: NOW - minutesAgo * MINUTE, ending: "did-not-help", isAlone: true },
  ...changes,
});

const lately = (interruptions: Interruption[], changes: Partial<Lately> = {}): Lately => ({
  now: NOW,
  interruptions,
  clearedAt: new Map(),
  ...changes,
});

const asks = (changes: Partial<BudgetQuestion> = {}): BudgetQuestion => ({
  ...{ command: "restart", agents: ["billing"], isPerson: true, isAlone: true, fleetSize: 22 },
  limits: { ...BRAKE_LIMITS, fleet: null },
  ...changes,
});

const minutesFromNow = (text: string): string => renderTimes(text, (at) => `T${(at - NOW) / MINUTE}`);
const ruleOf = (question: BudgetQuestion, before: Lately): string | null => judgeBudget(question, before)?.rule ?? null;

describe("the budget of one agent", () => {
  test("locks its restart after three in 15 min of which none helped, with their times and when it opens", () => {
    const brake = judgeBudget(asks(), lately([restart(8), restart(5), restart(2)]));
    expect(minutesFromNow(`${brake?.why}. ${brake?.opens}`)).toBe(
      "restart is locked, 3 in 15 min, none helped (T-8, T-5, T-2). Opens T7 or when the alert clears",
    );
    expect(brake?.opensAt).toBe(NOW + 7 * MINUTE);
  });

  test.each<[string, Interruption[], Partial<Lately>, string | null]>([
    ["two are not enough", [restart(8), restart(5)], {}, null],
    ["one that is being verified counts", [restart(8), restart(5), restart(1, { ending: null })], {}, "restart-budget"],
    [
      "one that did not come back counts",
      [restart(8, { ending: "did-not-come-back" }), restart(5), restart(2)],
      {},
      "restart-budget",
    ],
    ["one that helped in between opens it", [restart(8), restart(5, { ending: "recovered" }), restart(2)], {}, null],
    [
      "three in vain since one helped lock it",
      [restart(12, { ending: "recovered" }), restart(8), restart(5), restart(2)],
      {},
      "restart-budget",
    ],
    ["the oldest falls out after 15 min", [restart(15), restart(5), restart(2)], {}, null],
    ["those of another agent do not count", [restart(8, { agent: "invoices" }), restart(5), restart(2)], {}, null],
    ["a stop is no restart", [restart(8, { command: "stop" }), restart(5), restart(2)], {}, null],
    [
      "the alert cleared since the oldest",
      [restart(8), restart(5), restart(2)],
      { clearedAt: new Map([["billing", NOW - 6 * MINUTE]]) },
      null,
    ],
    [
      "the alert cleared before them all",
      [restart(8), restart(5), restart(2)],
      { clearedAt: new Map([["billing", NOW - 9 * MINUTE]]) },
      "restart-budget",
    ],
  ])("%s", (_, ...[before, changes, rule]) => {
    expect(ruleOf(asks(), lately(before, changes))).toBe(rule);
  });

  test("one locked agent among several locks them all", () => {
    const brake = judgeBudget(asks({ agents: ["invoices", "billing"] }), lately([restart(8), restart(5), restart(2)]));
    expect(brake?.agents).toEqual(["billing"]);
  });

  test("a locked agent may be stopped", () => {
    expect(ruleOf(asks({ command: "stop" }), lately([restart(8), restart(5), restart(2)]))).toBeNull();
  });
});

describe("the budget of automation", () => {
  const helped = [
    restart(8, { ending: "recovered" }),
    restart(5, { ending: "recovered" }),
    restart(2, { ending: "recovered" }),
  ];

  test("ends after three restarts of one agent in ten minutes, even if each of them helped", () => {
    expect(ruleOf(asks({ isPerson: false }), lately(helped))).toBe("flapping");
  });

  test("does not bind people", () => {
    expect(ruleOf(asks(), lately(helped))).toBeNull();
  });
});

describe("the budget of the fleet", () => {
  const FLEET = { ...BRAKE_LIMITS, agent: null };
  const touched = (...agents: string[]) =>
    agents.map((agent, place) => restart(9 - place, { agent, ending: "recovered" }));
  const asked = (changes: Partial<BudgetQuestion> = {}) => asks({ limits: FLEET, agents: ["e"], ...changes });

  test("25 single restarts of 25 agents stop at 20 %", () => {
    const before: Interruption[] = [];
    for (let place = 0; place < 25; place += 1) {
      const agent = `agent-${place}`;
      if (judgeBudget(asked({ agents: [agent], fleetSize: 25 }), lately(before)) === null)
        before.push(restart(0, { agent, ending: null }));
    }
    expect(before).toHaveLength(5);
  });

  test("says how many there were, how many there may be and when there is room again", () => {
    const brake = judgeBudget(asked(), lately(touched("a", "b", "c", "d")));
    expect(minutesFromNow(`${brake?.why}. ${brake?.opens}`)).toBe(
      "restart is locked: 4 of 22 agents were restarted or stopped in 10 min, and more than 4 (20 % of the fleet) is no repair of single agents any more. Opens T1",
    );
  });

  test.each<[string, Interruption[], Partial<BudgetQuestion>, string | null]>([
    ["the fourth of 22 passes", touched("a", "b", "c"), {}, null],
    ["the fifth of 22 does not", touched("a", "b", "c", "d"), {}, "fleet-budget"],
    ["a stop counts like a restart", touched("a", "b", "c", "d"), { command: "stop" }, "fleet-budget"],
    ["a schedule is bound as well", touched("a", "b", "c", "d"), { isPerson: false }, "fleet-budget"],
    ["one that was restarted already is no further one", touched("a", "b", "c", "d"), { agents: ["a"] }, null],
    ["of a small fleet three may be", touched("a", "b"), { fleetSize: 5 }, null],
    ["of a small fleet four may not", touched("a", "b", "c"), { fleetSize: 5 }, "fleet-budget"],
    [
      "what two people agreed to is not counted",
      touched("a", "b", "c", "d").map((one) => ({ ...one, isAlone: false })),
      {},
      null,
    ],
    ["what two people agree to is not held", touched("a", "b", "c", "d"), { isAlone: false }, null],
    [
      "after ten minutes it is forgotten",
      touched("a", "b", "c", "d").map((one) => ({ ...one, at: one.at - 9 * MINUTE })),
      {},
      null,
    ],
    ["several at once count each", touched("a", "b", "c"), { agents: ["e", "f"] }, "fleet-budget"],
  ])("%s", (_, ...[before, changes, rule]) => {
    expect(ruleOf(asked(changes), lately(before))).toBe(rule);
  });
});

describe("readBrakeLimits", () => {
  test("changes single ones and leaves the others as they are", () => {
    expect(readBrakeLimits("agent=5/30m, fleet=off")).toEqual({
      ...BRAKE_LIMITS,
      agent: { most: 5, seconds: 1800 },
      fleet: null,
    });
  });

  test.each([
    "agent=20%/15m",
    "fleet=4/10m",
    "fleet=101%/10m",
    "agent=0/15m",
    "agent=3",
    "people=3/15m",
    "agent=3/25h",
  ])("refuses %s and says what is allowed", (text) => {
    expect(readBrakeLimits(text)).toMatchObject({ problem: expect.stringContaining("agent=3/15m") });
  });
});
