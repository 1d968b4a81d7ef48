import type { Figures } from "@rollcall/core/ports/figures.ts";
import { ReportStage } from "@rollcall/core/reports/report-fixture.ts";
import { describe, expect, test } from "vitest";
import { callers, makeApp, NOW } from "./app-fixture.ts";

const PANEL = { title: "Events", unit: "per second", thresholds: [], lines: [{ name: "handled", points: [[0, 1]] }] };
const NONE = { coveredSeconds: null, working: null, lowest: [], handled: null, failed: null, p95Seconds: null };

/** With one alert in its past. @param panels what is drawn of it */
function appWith(panels: readonly unknown[] = [PANEL]) {
  const stage = new ReportStage();
  stage.fleet.now = NOW;
  stage.alerts = [stage.anAlert()];
  const { records } = stage.fleet.ports;
  const figures = { ...NONE, deadLetters: null };
  const period = async () => ({ figures, before: figures, from: 0, to: 1000, panels });
  return makeApp((deps) => ({
    ...deps,
    ports: { ...deps.ports, ...(records && { records }), figures: { period } as unknown as Figures },
  }));
}
const ask = (it: ReturnType<typeof appWith>, url: string, who: keyof typeof callers = "viewer") =>
  it.app.inject({ url: `/api/v1/reports/${url}`, headers: callers[who] });

describe("GET /api/v1/reports/:kind", () => {
  test("is the report for programs, and who fetches it is written down", async () => {
    const it = appWith();
    const answer = await ask(it, "daily");
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "application/json; charset=utf-8"]);
    expect(answer.json()).toMatchObject({ kind: "daily", zone: "UTC", alerts: { total: 1 }, measured: { to: 1000 } });
    expect(it.seen.audit).toMatchObject([
      { event: "export", actor: "viewer", command: "report", detail: { kind: "daily", format: "json" } },
    ]);
  });

  test("is a table of alerts and operations as CSV", async () => {
    const it = appWith();
    const answer = await ask(it, "handover?format=csv");
    expect(answer.headers["content-type"]).toContain("text/csv");
    expect(answer.headers["content-disposition"]).toBe('inline; filename="handover.csv"');
    expect(answer.body).toMatch(/^type,id,what.*\r\nalert,inc-7,AgentNotWorking,P1,order-validator,/);
    expect(it.seen.audit).toHaveLength(1);
  });

  test("is its picture as PNG, which is only looked at", async () => {
    const it = appWith();
    const answer = await ask(it, "weekly?format=png");
    expect(answer.headers["content-type"]).toBe("image/png");
    expect(answer.rawPayload.subarray(1, 4).toString()).toBe("PNG");
    expect(it.seen.audit).toEqual([]);
  });

  test("has no picture of what was not measured", async () => {
    const answer = await ask(appWith([]), "daily?format=png");
    expect([answer.statusCode, answer.json().code]).toEqual([404, "not_found"]);
  });

  test.each(["yearly", "daily?format=svg", "daily?from=1"])("%s is 400 with what is allowed", async (url) => {
    expect((await ask(appWith(), url)).statusCode).toBe(400);
  });

  test("is nothing for who has no role, nor for a token that may not look", async () => {
    const it = appWith();
    for (const who of ["roleless", "actOnly"] as const) expect((await ask(it, "daily", who)).statusCode).toBe(403);
  });
});
