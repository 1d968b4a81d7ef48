import { describe, expect, test } from "vitest";
import type { AgentView } from "../snapshot.ts";
import { GoneAgents } from "./gone-agents.ts";

const start = 1_800_000_000_000;
const second = (seconds: number): number => start + seconds * 1000;
const labels = ["demo", "billing", "orders", "P0", "payments"];

const view = (changes: Partial<AgentView> = {}): AgentView => ({
  ...{ labels, rung: 5, provable: 5, health: "healthy", verdict: "working", activity: "idle" },
  ...{
    beatAt: start,
    beat: null,
    flaps: false,
    plannedWork: null,
    oldestInFlightAt: null,
    detailed: true,
    done: 0,
    failed: 0,
    ...changes,
  },
});
const working = (at: number) => view({ beatAt: at });
const gone = (changes: Partial<AgentView> = {}) =>
  view({ rung: 0, health: "critical", verdict: "gone", activity: null, ...changes });

/** What was decided after each of these looks; Redis and this machine tell the same time. */
function decide(looks: readonly (readonly [seconds: number, agents: readonly AgentView[]])[]) {
  const agents = new GoneAgents();
  return looks.map(([seconds, views]) => {
    const found = agents.see({ agents: views }, second(seconds), second(seconds));
    return { found, all: agents.all() };
  });
}

describe("GoneAgents", () => {
  test("an agent that was seen alive is gone at once, since the first beat that did not come", () => {
    const [, look] = decide([
      [0, [working(start)]],
      [16, [gone()]],
    ]);
    expect(look?.found).toEqual(["billing"]);
    expect(look?.all).toEqual([{ labels, since: second(5), plannedWork: null }]);
  });

  test("the same agent is not found twice, and keeps its time", () => {
    const looks = decide([
      [0, [working(start)]],
      [16, [gone()]],
      [40, [gone()]],
    ]);
    expect(looks[2]).toEqual({ found: [], all: [{ labels, since: second(5), plannedWork: null }] });
  });

  test("the time is of this machine's clock, whatever Redis' clock says", () => {
    const agents = new GoneAgents();
    agents.see({ agents: [working(start)] }, start, 77_000);
    agents.see({ agents: [gone()] }, second(16), 77_000 + 16_000);
    expect(agents.all()[0]?.since).toBe(77_000 + 5000);
  });

  test("it is over when it beats again, is off on purpose, flaps, or is expected no more", () => {
    for (const after of [[working(second(20))], [gone({ health: "off" })], [gone({ flaps: true })], []]) {
      const looks = decide([
        [0, [working(start)]],
        [16, [gone()]],
        [20, after],
      ]);
      expect(looks[2]?.all).toEqual([]);
    }
  });

  test("it goes on while nobody knows", () => {
    const looks = decide([
      [0, [working(start)]],
      [16, [gone()]],
      [20, [view({ verdict: "unknown", health: "unknown", rung: null })]],
    ]);
    expect(looks[2]?.all).toHaveLength(1);
  });

  test.each<[string, AgentView]>([
    ["there is no beat of it", gone({ verdict: "missing", beatAt: null })],
    ["it is off on purpose", gone({ health: "off" })],
    ["nobody knows", view({ verdict: "unknown", health: "unknown", rung: null })],
    ["its process is there, without a beat", gone({ verdict: "silent", rung: 1 })],
    ["it flaps, which is told instead", gone({ flaps: true })],
    ["it does not speak the protocol, and has a deadline of its own", gone({ provable: 2 })],
    ["it beats and does not work", view({ verdict: "alive but not consuming", rung: 3, health: "critical" })],
  ])("nothing is told if %s", (_, agent) => {
    const looks = decide([
      [0, [working(start)]],
      [16, [agent]],
    ]);
    expect(looks[1]).toEqual({ found: [], all: [] });
  });

  test("an agent that was not seen alive here is given half a minute to begin", () => {
    const looks = decide([
      [100, [gone()]],
      [129, [gone()]],
      [130, [gone()]],
    ]);
    expect(looks.map(({ found }) => found)).toEqual([[], [], ["billing"]]);
  });

  test("an agent that is started after it was off on purpose is given it too", () => {
    const looks = decide([
      [0, [working(start)]],
      [20, [gone({ health: "off" })]],
      [40, [gone()]],
      [71, [gone()]],
    ]);
    expect(looks.map(({ found }) => found)).toEqual([[], [], [], ["billing"]]);
  });
});
