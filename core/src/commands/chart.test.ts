import { beforeEach, describe, expect, test } from "vitest";
import type { AskedCourse } from "../adapters/prometheus/measure.ts";
import { lookAt } from "../command-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import type { ApiMeasureCourse } from "../measure-contract.ts";

let fleet: FakeFleet;
let asked: AskedCourse[];
/** Newest values by agent or topic; null: not measured. */
let measured: Map<string, number | null>;

beforeEach(() => {
  fleet = new FakeFleet(...Array.from({ length: 12 }, (_, index) => `agent-${index}`));
  asked = [];
  measured = new Map([...fleet.agents.keys()].map((id, index) => [id, index]));
  Object.assign(fleet.ports, { figures: { measureCourse } });
});

async function measureCourse(question: AskedCourse): Promise<ApiMeasureCourse> {
  asked.push(question);
  const { agent, name, window, function: made, by = null } = question.question;
  const series = [...measured]
    .filter(([of]) => agent === undefined || of === agent)
    .map(([of, value]): ApiMeasureCourse["series"][number] => ({
      of,
      points: [
        [fleet.now - 60_000, value === null ? null : value * 2],
        [fleet.now, value],
      ],
    }));
  return {
    ...{ asOf: fleet.now, ageSeconds: 0, problem: null, rangeSeconds: question.rangeSeconds },
    ...{ coveredSeconds: { exporter: 60, control: 60 }, name, window, function: made, by, unit: "count" },
    ...{ reason: series.length === 0 ? "nothing of the name was measured in this time" : null, stepSeconds: 60 },
    ...{ from: fleet.now - 60_000, to: fleet.now, series, seriesOmitted: 0 },
  };
}
const chart = (metric: string, ...who: string[]) => lookAt(fleet, { name: "chart", input: { metric, who } });

describe("chart", () => {
  test("draws the agents that are named, each asked for by itself, as far back as is said", async () => {
    const { headline, lines, picture, sameAs } = await chart("handled", "agent-3", "agent-1", "6h");
    expect(headline).toBe("*Items handled, the last 6h*");
    expect(lines).toEqual(["*agent-3* 3/s now, 3/s to 6/s", "*agent-1* 1/s now, 1/s to 2/s"]);
    expect(asked.map(({ question, rangeSeconds }) => [question.agent, rangeSeconds])).toEqual([
      ["agent-1", 21_600],
      ["agent-3", 21_600],
    ]);
    expect(picture?.path).toBe("/api/v1/charts/handled?range=6h&who=agent-3+agent-1");
    expect(picture?.chart.panels[0]?.lines.map(({ name }) => name)).toEqual(["agent-3", "agent-1"]);
    expect(sameAs).toBe("same as /fleet chart handled agent-3 agent-1 6h");
  });

  test("draws the eight largest of many, and says how many it left out", async () => {
    const { lines, context } = await chart("memory");
    expect(lines).toHaveLength(8);
    expect(lines[0]).toMatch(/^\*agent-11\* /);
    expect(context).toContain("the 8 largest, 4 more are not drawn");
    expect(asked).toMatchObject([{ question: { by: "agent" }, rangeSeconds: 3600 }]);
    expect((await chart("memory", "agent-*")).lines).toHaveLength(8);
  });

  test("does not take what was not measured for 0", async () => {
    measured.set("agent-1", null);
    const { lines, picture } = await chart("memory", "agent-1");
    expect(lines).toEqual(["Nothing to draw: nothing was measured in this time."]);
    expect(picture).toBeUndefined();
  });

  test("says what else there is", async () => {
    await expect(chart("memory", "1h", "2h")).rejects.toMatchObject({ code: "invalid_input" });
    await expect(chart("memory", "99d")).rejects.toMatchObject({ code: "invalid_input", detail: { found: "99d" } });
    await expect(chart("waiting", "agent-1")).rejects.toMatchObject({
      message: "waiting is of topics, not of agents",
      detail: { allowed: expect.arrayContaining(["chart memory agent-1"]) },
    });
    Object.assign(fleet.ports, { figures: undefined });
    await expect(chart("memory")).rejects.toMatchObject({ code: "unavailable" });
  });
});
