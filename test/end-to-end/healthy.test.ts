import { apiDiagnosticRun } from "@rollcall/core/contract.ts";
import { expect, test } from "vitest";
import { eventually, stackUnderTest } from "./stack-under-test.ts";

test("of a healthy stack the doctor finds nothing to mend, and ends with 0", async () => {
  const { code, output } = await stackUnderTest().terminal("doctor");
  expect(output).toMatch(/doctor: \d+ fine, 0 to mend/);
  expect(code, output).toBe(0);
});

/** One whole run. */
async function diagnose(): Promise<(name: string) => string | undefined> {
  const stack = stackUnderTest();
  const accepted = await stack.command("diag-run", { suite: "full" });
  expect(accepted.status).toBe(202);
  const { id } = (accepted.body as { operation: { id: string } }).operation;
  const run = await eventually("the run has ended", async () => {
    const found = apiDiagnosticRun.parse((await stack.api(`/api/v1/diagnostics/runs/${id}`)).body);
    return found.state !== "running" && found;
  });
  return (name) => run.checks.find((check) => check.name === name)?.state;
}

test("diagnostics see the rules, targets and watchdog of a real Prometheus, and every subscription", async () => {
  // A service that another test has just started anew is measured again within seconds, and told of the watchdog in a minute.
  const stateOf = await eventually(
    "alerting watches",
    async () => {
      const found = await diagnose();
      if (found("alerting-watches") === "passed") return found;
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      return null;
    },
    180_000,
  );
  expect(stateOf("subscriptions-declared")).toBe("passed");
});

test("the way from sensor to phone is whole: an alert came all the way, and PagerDuty takes our key", async () => {
  const stack = stackUnderTest();
  const said = await eventually(
    "the way is whole",
    async () => {
      const { body } = await stack.command("doctor", {});
      const { report } = body as { report: { headline: string; lines: string[] } };
      if (report.headline === "🟢 *The way from sensor to phone is whole*") return report.lines;
      throw new Error([report.headline, ...report.lines].join("\n"));
    },
    180_000,
  );
  expect(said).toHaveLength(7);
});
