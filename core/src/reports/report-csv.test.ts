import { expect, test } from "vitest";
import { reportCsv } from "./report-csv.ts";
import { ReportStage } from "./report-fixture.ts";

test("a report as CSV has one row for each alert and operation, the oldest first, and no formula", () => {
  const stage = new ReportStage();
  stage.fleet.now = Date.parse("2026-11-29T03:20:00Z");
  const alerts = [
    stage.anAlert(),
    stage.anAlert({ id: "inc-8", agents: ["a", "b"], resolvedAt: null, openedAt: stage.fleet.now }),
  ];
  const operations = [stage.anOperation({ actor: { id: "x", name: '=HYPERLINK("http://evil.test")' } })];
  const csv = reportCsv({
    alerts: { rows: alerts, total: 2 },
    operations: { rows: operations, total: 1 },
  });
  expect(csv.split("\r\n")).toEqual([
    "type,id,what,severity,agents,began,ended,seconds,by,taken,ending",
    "alert,inc-7,AgentNotWorking,P1,order-validator,2026-11-29T03:10:00.000Z,2026-11-29T03:10:41.000Z,41,as it was,2026-11-29T03:10:19.000Z,over",
    `operation,op-487,restart,,order-validator,2026-11-29T03:10:20.000Z,2026-11-29T03:10:39.000Z,19,"'=HYPERLINK(""http://evil.test"")",,recovered`,
    "alert,inc-8,AgentNotWorking,P1,a b,2026-11-29T03:20:00.000Z,,,as it was,2026-11-29T03:10:19.000Z,fires",
    "",
  ]);
});
