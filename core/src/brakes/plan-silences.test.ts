import { describe, expect, test } from "vitest";
import type { FoundSilence, WantedSilence } from "../domain/silence.ts";
import { planSilences } from "./plan-silences.ts";

const NOW = 1_800_000_000_000;
const wanted: WantedSilence = {
  ...{ key: "op-1/billing", agents: ["billing"], alerts: { only: ["AgentGone", "AgentNotWorking"] } },
  ...{ until: NOW + 120_000, renewedForMs: 60_000, why: "restart" },
};
const found: FoundSilence = {
  ...{ id: "s-1", key: "op-1/billing", agents: ["billing"], alerts: { only: ["AgentNotWorking", "AgentGone"] } },
  ...{ startsAt: NOW - 10_000, endsAt: NOW + 50_000 },
};
const plan = (changes: { wanted?: WantedSilence[]; found?: FoundSilence[]; over?: string[] }) => {
  const { put, end } = planSilences({ wanted: [wanted], found: [found], ...changes }, NOW, (key) =>
    (changes.over ?? []).includes(key),
  );
  return { put: put.map(({ silence, found: one }) => [silence.key, one?.id ?? "new"]), end: end.map(({ id }) => id) };
};
const NOTHING = { put: [], end: [] };

describe("planSilences", () => {
  test("leaves what is there and has time left", () => {
    expect(plan({})).toEqual(NOTHING);
  });

  test("opens what is wanted and not there, as after an Alertmanager that forgot it", () => {
    expect(plan({ found: [] })).toEqual({ put: [["op-1/billing", "new"]], end: [] });
  });

  test("renews what has less than two thirds of its time left", () => {
    const late = { ...found, endsAt: NOW + 39_000 };
    expect(plan({ found: [late] })).toEqual({ put: [["op-1/billing", "s-1"]], end: [] });
  });

  test("does not renew past its end: an overrun is not hushed up", () => {
    const atItsEnd = { ...found, endsAt: NOW + 20_000 };
    expect(plan({ wanted: [{ ...wanted, until: NOW + 20_000 }], found: [atItsEnd] })).toEqual(NOTHING);
    expect(plan({ wanted: [{ ...wanted, until: NOW }], found: [] })).toEqual(NOTHING);
  });

  test("moves the end of a window that was shortened", () => {
    const window = { ...wanted, key: "mw-3", renewedForMs: null };
    const longer = { ...found, key: "mw-3", endsAt: NOW + 900_000 };
    expect(plan({ wanted: [window], found: [longer] })).toEqual({ put: [["mw-3", "s-1"]], end: [] });
  });

  test("ends what is over", () => {
    expect(plan({ wanted: [], over: ["op-1/billing"] })).toEqual({ put: [], end: ["s-1"] });
  });

  test("leaves what it does not know to end by itself: its restart may just be beginning", () => {
    expect(plan({ wanted: [] })).toEqual(NOTHING);
  });

  test("opens another one for other alerts before it ends the old one", () => {
    const changed = { ...wanted, alerts: { only: ["AgentGone"] } };
    expect(plan({ wanted: [changed] })).toEqual({ put: [["op-1/billing", "new"]], end: ["s-1"] });
  });
});
