import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { renderInto, renderRules } from "../local/stack/render-template.ts";
import { findTool, type Tool, type ToolName } from "../local/tools/find-tool.ts";
import { declaredMetrics } from "../test/declared-metrics.ts";

const folder = import.meta.dirname;
const rulesFolder = join(folder, "rules");
const ruleFiles = readdirSync(rulesFolder).filter((file) => file.endsWith(".rules.yml"));
const testFiles = readdirSync(rulesFolder).filter((file) => file.endsWith(".test.yml"));
const textOf = (file: string): string => readFileSync(join(rulesFolder, file), "utf8");
/** Without comments. */
const codeOf = (file: string): string => textOf(file).replaceAll(/^\s*#.*$/gm, "");
const alertNames = ruleFiles.flatMap((file) => [...textOf(file).matchAll(/- alert: (\w+)/g)].map((found) => found[1]));

let scratch: string;
const tools = new Map<ToolName, Tool>();

/** Runs promtool or amtool. @returns what it said, and whether it was content */
async function check(name: "promtool" | "amtool", ...args: string[]): Promise<{ isContent: boolean; said: string }> {
  const tool = tools.get(name) as Tool;
  const options = { env: { ...process.env, ...tool.env }, timeout: 60_000 };
  try {
    const { stdout, stderr } = await promisify(execFile)(tool.path, args, options);
    return { isContent: true, said: stdout + stderr };
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return { isContent: false, said: `${stdout}${stderr}` };
  }
}

beforeAll(async () => {
  for (const name of ["promtool", "amtool"] as const) tools.set(name, await findTool(name, inject("toolsDir")));
  scratch = mkdtempSync(join(tmpdir(), "rollcall-alerting-"));
  const secret = join(scratch, "secret");
  writeFileSync(secret, "0123456789abcdef0123456789abcdef");
  mkdirSync(join(scratch, "rules"));
  const values = {
    EXPORTER_TARGET: "127.0.0.1:9464",
    CONTROL_TARGET: "127.0.0.1:8080",
    SUPERVISOR_TARGET: "127.0.0.1:9465",
    ALERTMANAGER_TARGET: "127.0.0.1:9093",
    RULES_DIR: join(scratch, "rules"),
    RUNBOOK_URL: "http://127.0.0.1:8080/runbooks",
    WEBHOOK_URL: "http://127.0.0.1:8080/webhooks/alertmanager",
    WEBHOOK_TOKEN_FILE: secret,
    PAGERDUTY_URL: "http://127.0.0.1:8092/v2/enqueue",
    PAGERDUTY_ROUTING_KEY_FILE: secret,
    EXTERNAL_URL: "http://127.0.0.1:8080",
    GRAFANA_APP_URL: "http://127.0.0.1:3000/a/rollcall-fleet-app",
  };
  for (const file of ["prometheus.yml", "alertmanager.yml"]) renderInto(scratch, join(folder, file), values);
  renderRules(rulesFolder, join(scratch, "rules"), values);
}, 300_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("the rules", () => {
  test.each(testFiles)("do what %s says", async (file) => {
    const { isContent, said } = await check("promtool", "test", "rules", join(rulesFolder, file));
    expect(said).toContain("SUCCESS");
    expect(isContent).toBe(true);
  });

  test("are all accepted by the oldest Prometheus that is supported", async () => {
    const { said } = await check("promtool", "check", "config", join(scratch, "prometheus.yml"));
    expect(said).toContain(`${ruleFiles.length} rule files found`);
    expect(said).not.toContain("FAILED");
  });

  test("are each tested, for agents also when the input vanishes, on purpose and departed", () => {
    expect(testFiles.map((file) => file.replace(".test.", ".rules.")).toSorted()).toEqual(ruleFiles.toSorted());
    for (const file of testFiles.filter(
      (name) => !/^(rollcall-itself|collectors|directory|recording|shards|service-level|aliases)\./.test(name),
    )) {
      const names = textOf(file)
        .match(/- name: .*/g)
        ?.join("\n");
      expect(names).toMatch(/goes on while/);
      expect(names).toMatch(/stopped on purpose/);
      expect(names).toMatch(/expected no more/);
    }
    for (const name of alertNames.filter((alert) => alert !== "Watchdog")) {
      expect(testFiles.some((file) => textOf(file).includes(`alertname: ${name}`))).toBe(true);
    }
  });

  test("name only metrics that the exporter or the control service declares", () => {
    const declared = declaredMetrics();
    const named = ruleFiles.flatMap((file) =>
      [...codeOf(file).matchAll(/(?<!:)\brollcall_[a-z_]+/g)].map(([name]) => name),
    );
    const families = named.map((name) => name.replace(/_(bucket|sum|count)$/, ""));
    expect(named.length).toBeGreaterThan(5);
    expect(families.filter((name) => !declared.has(name))).toEqual([]);
  });

  test("each link to a runbook that exists", () => {
    const linked = ruleFiles.flatMap((file) => [...textOf(file).matchAll(/RUNBOOK_URL\}\/([a-z-]+\.md)/g)]);
    expect(linked).toHaveLength(alertNames.length - 1);
    for (const [, runbook] of linked) expect(existsSync(join(folder, "runbooks", runbook as string))).toBe(true);
  });

  test("keep no label of the exporter that measured, and add none from outside", () => {
    expect(ruleFiles.map(codeOf).join()).not.toMatch(/by \([^)]*(job|instance)/);
    expect(readFileSync(join(folder, "prometheus.yml"), "utf8")).not.toMatch(/^\s*external_labels/m);
  });
});

describe("the routes", () => {
  const config = () => join(scratch, "alertmanager.yml");
  const billing = ["fleet=demo", "agent=billing", "group=orders"];

  test("are accepted by the oldest Alertmanager that is supported", async () => {
    const { said, isContent } = await check("amtool", "check-config", config());
    expect(said).toContain("SUCCESS");
    expect(isContent).toBe(true);
  });

  test.each([
    ["page", ["alertname=AgentGone", "criticality=P0", "severity=critical", ...billing]],
    ["page", ["alertname=AgentNotWorking", "criticality=P1", "severity=critical", ...billing]],
    ["page", ["alertname=ExporterGone", "criticality=P1", "severity=critical", "group=rollcall"]],
    ["chat", ["alertname=AgentGone", "criticality=P2", "severity=warning", ...billing]],
    ["chat", ["alertname=BusLagGrowing", "criticality=P3", "severity=info", ...billing]],
    ["chat", ["alertname=Watchdog", "severity=info"]],
    ["chat", ["alertname=SomebodyElses"]],
  ])("lead to %s for %j", async (receiver, labels) => {
    const { said } = await check("amtool", "config", "routes", "test", `--config.file=${config()}`, ...labels);
    expect(said.split("\n")[0]).toBe(receiver);
  });

  test("group P0 agents each by itself and the rest by alert and group", () => {
    const text = readFileSync(join(folder, "alertmanager.yml"), "utf8");
    expect(text).toMatch(/receiver: chat\n {2}group_by: \[alertname, fleet, group\]/);
    expect(text).toMatch(/criticality="P0"'\]\n {6}receiver: page\n {6}group_by: \[alertname, fleet, agent\]/);
  });

  test("send what pages to PagerDuty and to the control service from one receiver", () => {
    const text = readFileSync(join(folder, "alertmanager.yml"), "utf8");
    const page = text.slice(text.indexOf("- name: page"));
    expect(page).toMatch(/webhook_configs:.*pagerduty_configs:/s);
    expect(text.slice(0, text.indexOf("- name: page"))).not.toContain("pagerduty_configs");
  });
});
