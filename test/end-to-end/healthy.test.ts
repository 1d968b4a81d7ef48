import { apiDiagnosticRun } from "@rollcall/core/contract.ts";
import { expect, test } from "vitest";
import { eventually, stackUnderTest } from "./stack-under-test.ts";

test("of a healthy stack the doctor finds nothing to mend, and ends with 0", async () => {
  const { code, output } = await stackUnderTest().terminal("doctor");
  expect(output).toMatch(/doctor: \d+ fine, 0 to mend/);
  expect(code, output).toBe(0);
});

test("diagnostics see the rules, targets and watchdog of a real Prometheus, and every subscription", async () => {
  const stack = stackUnderTest();
  const accepted = await stack.command("diag-run", { suite: "full" });
  expect(accepted.status).toBe(202);
  const { id } = (accepted.body as { operation: { id: string } }).operation;
  const run = await eventually("the run has ended", async () => {
    const found = apiDiagnosticRun.parse((await stack.api(`/api/v1/diagnostics/runs/${id}`)).body);
    return found.state !== "running" && found;
  });
  const of = (name: string) => run.checks.find((check) => check.name === name);
  expect(of("alerting-watches")).toMatchObject({ state: "passed" });
  expect(of("subscriptions-declared")).toMatchObject({ state: "passed" });
});
