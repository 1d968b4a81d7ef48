import type { Figures } from "@rollcall/core/ports/figures.ts";
import { describe, expect, test } from "vitest";
import { callers, makeApp, NOW } from "./app-fixture.ts";

const COURSE = { reason: null, seriesOmitted: 0, from: NOW - 60_000, to: NOW };
const appWith = (points: readonly unknown[]) => {
  const figures = { measureCourse: async () => ({ ...COURSE, series: [{ of: "billing", points }] }) };
  return makeApp((deps) => ({ ...deps, ports: { ...deps.ports, figures: figures as unknown as Figures } }));
};
const measured = [
  [NOW - 60_000, 1],
  [NOW, 2],
];
const ask = (it: ReturnType<typeof appWith>, url: string, who: keyof typeof callers = "viewer") =>
  it.app.inject({ url: `/api/v1/charts/${url}`, headers: callers[who] });

describe("GET /api/v1/charts/:metric", () => {
  test("is a picture", async () => {
    const answer = await ask(appWith(measured), "memory?who=billing&range=6h");
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "image/png"]);
    expect(answer.rawPayload.subarray(1, 4).toString()).toBe("PNG");
  });

  test("is none of what was not measured", async () => {
    expect((await ask(appWith([[NOW, null]]), "memory")).json()).toMatchObject({ code: "not_found" });
  });

  test.each(["memry", "memory?range=soon", "memory?range=99d", "memory?who=nobody", "memory?agent=billing"])(
    "refuses %s",
    async (url) => {
      expect([400, 404]).toContain((await ask(appWith(measured), url)).statusCode);
    },
  );

  test("is for nobody without a role", async () => {
    expect((await ask(appWith(measured), "memory", "roleless")).statusCode).toBe(403);
  });
});
