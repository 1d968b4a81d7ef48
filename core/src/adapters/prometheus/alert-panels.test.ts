import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { declaredMetrics } from "@rollcall/test/declared-metrics.ts";
import { describe, expect, test } from "vitest";
import { alertPanels, CHARTED_ALERTS } from "./alert-panels.ts";

const folder = join(import.meta.dirname, "../../../../alerting/rules");
const rules = readdirSync(folder)
  .filter((file) => file.endsWith(".rules.yml"))
  .map((file) => readFileSync(join(folder, file), "utf8"))
  .join("\n");
const ruleOf = (name: string): string => rules.split("- alert: ").find((rule) => rule.startsWith(`${name}\n`)) ?? "";
const alert = (alertname: string, labels: Record<string, string> = {}) => ({ alertname, labels, startsAt: 0 });
const panelsOf = (alertname: string) =>
  alertPanels([alert(alertname, { agent: "billing", topic: "orders.new" })], "demo");

describe.each(CHARTED_ALERTS)("the picture of %s", (name) => {
  test("is of an alert that there is, with the limits of its rule", () => {
    const rule = ruleOf(name);
    expect(rule).not.toBe("");
    for (const { value } of panelsOf(name)[0]?.thresholds ?? []) {
      const written = [`${value}`, `${value / 0.001} * 0.001`].filter((text) => rule.includes(text));
      expect(written, `${value} stands in the rule`).not.toEqual([]);
    }
  });

  test("asks for metrics that are measured or recorded", () => {
    const measured = declaredMetrics();
    for (const { query } of panelsOf(name)) {
      const [metric = ""] = /\b(?:service:)?rollcall_[a-z_:0-9]+/.exec(query) ?? [];
      expect(measured.has(metric) || new RegExp(`record: "?${metric}["\n]`).test(rules), metric).toBe(true);
    }
  });
});

test.each(["Watchdog", "constructor", "SomebodyElsesAlert", ""])("there is no picture of %j", (name) => {
  expect(alertPanels([alert(name)], "demo")).toEqual([]);
});

test("of many agents the first five are drawn, each label as a text and never as an expression", () => {
  const alerts = ["a", "b", "c", "d", 'e"}', "f"].map((agent) => alert("AgentGone", { agent }));
  expect(alertPanels(alerts, "demo")[0]?.query).toBe(
    String.raw`max by (agent) (rollcall_agent_rung{fleet="demo",agent=~"a|b|c|d|e\"\\}"})`,
  );
});
