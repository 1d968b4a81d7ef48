import type { ApiMeasure, ApiMeasureCourse } from "@rollcall/core/measure-contract.ts";
import type { Figures } from "@rollcall/core/ports/figures.ts";
import { describe, expect, test } from "vitest";
import { callers, makeApp, NOW } from "./app-fixture.ts";

const head = {
  ...{ asOf: NOW, ageSeconds: 1, problem: null, rangeSeconds: 300 },
  coveredSeconds: { exporter: 300, control: null },
  ...({ name: "rollcall_agent_rung", window: "5m", function: "max", by: "agent" } as const),
  ...{ unit: "count", reason: null },
};
const measured: ApiMeasure = { ...head, values: [{ of: "billing", value: 5 }], measuredSecondsAgo: 3 };
const over: ApiMeasureCourse = {
  ...head,
  ...{ stepSeconds: 1440, from: NOW - 1000, to: NOW, seriesOmitted: 0 },
  series: [
    {
      of: "=cmd",
      points: [
        [NOW - 1000, null],
        [NOW, -2.5],
      ],
    },
  ],
};

function appWith() {
  const asked: unknown[] = [];
  const answer =
    <Answer>(given: Answer) =>
    async (what: unknown) => {
      asked.push(what);
      return given;
    };
  const figures = { measure: answer(measured), measureCourse: answer(over) } as unknown as Figures;
  const { app } = makeApp((deps) => ({ ...deps, ports: { ...deps.ports, figures } }));
  const get = (query: string, headers: Record<string, string> = callers.viewer) =>
    app.inject({ url: `/api/v1/figures/measure${query}`, headers });
  return { get, asked };
}
const RUNG = "?name=rollcall_agent_rung&function=max&by=agent";

describe("GET /api/v1/figures/measure", () => {
  test("is for those who may read", async () => {
    const { get } = appWith();
    expect((await get(RUNG)).json().values).toEqual([{ of: "billing", value: 5 }]);
    expect((await get(RUNG, {})).statusCode).toBe(401);
    expect((await get(RUNG, callers.roleless)).statusCode).toBe(403);
    expect((await get(RUNG, callers.actOnly)).statusCode).toBe(403);
    expect((await get(`/course${RUNG}`, callers.actOnly)).statusCode).toBe(403);
  });

  test.each([
    ["?name=up&function=max", ""],
    ["?name=rollcall_agent_rung", "avg"],
    [`${RUNG}&window=2m`, "5m"],
    ["?name=rollcall_agent_rung&function=max&by=instance", "agent"],
    [`${RUNG}&agent=${encodeURIComponent('x"} or vector(1)')}`, ""],
    [`${RUNG}&query=vector(1)`, "name"],
    [`/course${RUNG}&range=32d`, "at most 31d"],
    [`/course${RUNG}&format=xlsx`, "csv"],
  ])("%s is refused in words", async (query, allowed) => {
    const { get, asked } = appWith();
    const answer = await get(query);
    expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid_input"]);
    if (allowed !== "") expect(answer.json().allowed.join()).toContain(allowed);
    expect(asked).toEqual([]);
  });

  test("over time it shows a day if nothing else is said", async () => {
    const { get, asked } = appWith();
    expect((await get(`/course${RUNG}`)).json().series).toHaveLength(1);
    expect(asked).toEqual([
      {
        question: { name: "rollcall_agent_rung", function: "max", window: "5m", by: "agent" },
        ...{ rangeSeconds: 86_400, to: null, stepSeconds: 1440 },
      },
    ]);
  });

  test("as a spreadsheet: what was not measured is an empty cell, and no name is a formula", async () => {
    const answer = await appWith().get(`/course${RUNG}&format=csv`);
    expect(answer.headers["content-type"]).toContain("text/csv");
    expect(answer.headers["content-disposition"]).toBe('attachment; filename="rollcall_agent_rung.csv"');
    const [first, second] = [NOW - 1000, NOW].map((at) => new Date(at).toISOString());
    expect(answer.body).toBe(
      `moment,agent,max of rollcall_agent_rung over 5m (count)\r\n${first},"'=cmd",\r\n${second},"'=cmd",-2.5\r\n`,
    );
  });
});
