import { plainReport } from "@rollcall/core/domain/report.ts";
import { expect, test } from "vitest";
import { reportLines } from "./paint.ts";

test("a report with a file shows its text in the place of its lines, and what it comes to below", () => {
  const text = "10:00 *a* {{time:0}}\n    at x.ts:3\n\tb \u001b[2J\u202e!\n";
  const report = {
    ...plainReport("🔴 *billing* — 1 error", ["10:00 a"]),
    ...{ actions: [], fields: [], file: { name: "billing.log", title: "Logs of billing", text } },
  };
  expect(reportLines(report as never, [], false)).toEqual([
    ...["10:00 *a* {{time:0}}", "    at x.ts:3", "\tb ·[2J·!"],
    "🔴 billing — 1 error",
  ]);
});

test("a report without one shows its lines below what it comes to", () => {
  const report = { ...plainReport("*all work*", ["a\nb"]), actions: [], fields: [] };
  expect(reportLines(report as never, [], false)).toEqual(["all work", "  a", "  b"]);
});
