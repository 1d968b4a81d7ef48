import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readFleetFile } from "@rollcall/core/fleet-file.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { parse } from "yaml";
import { findTool } from "../tools/find-tool.ts";
import { portsAt } from "./addresses.ts";
import type { StackContext } from "./context.ts";
import { layOut, REPOSITORY } from "./layout.ts";
import { writeMonitoringConfig } from "./monitoring.ts";
import { renderRules, renderTemplate } from "./render-template.ts";
import { readOrMakeSecrets } from "./secrets.ts";

const home = mkdtempSync(join(tmpdir(), "rollcall-render-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe("renderTemplate", () => {
  test("fills in names and keeps whatever stands in them inside its quotes", () => {
    const file = join(home, "a.yml");
    writeFileSync(file, `url: "\${URL}/x"\nother: "{{ $labels.agent }}"\n`);
    const text = renderTemplate(file, { URL: 'http://h/"\\ # ' });
    expect(parse(text)).toEqual({ url: 'http://h/"\\ # /x', other: "{{ $labels.agent }}" });
  });

  test("a name that is not known is refused with the file", () => {
    const file = join(home, "b.yml");
    writeFileSync(file, `url: "\${NO_SUCH_NAME}"`);
    expect(() => renderTemplate(file, {})).toThrow(`${file} asks for \${NO_SUCH_NAME}`);
  });

  test("rules that exist no more are removed, and only rules are taken", () => {
    const [from, into] = [mkdtempSync(join(home, "from-")), mkdtempSync(join(home, "into-"))];
    writeFileSync(join(from, "new.rules.yml"), "groups: []");
    writeFileSync(join(from, "new.test.yml"), "tests: []");
    writeFileSync(join(into, "old.rules.yml"), "groups: []");
    renderRules(from, into, {});
    expect(readdirSync(into)).toEqual(["new.rules.yml"]);
  });
});

describe("the shipped monitoring configuration", () => {
  let context: StackContext;

  beforeAll(async () => {
    const layout = layOut(join(home, "data"));
    context = {
      layout,
      ports: portsAt("100"),
      secrets: readOrMakeSecrets(layout.secretsFile),
      settings: {},
      credentials: { slack: null, google: null, pagerdutyRoutingKey: null, grafana: null },
      fleet: await readFleetFile(join(REPOSITORY, "fleet.yaml")),
      fleetFile: join(REPOSITORY, "fleet.yaml"),
      accessFile: layout.accessFile,
      environment: {},
    };
    writeMonitoringConfig(context);
  });

  test("names the addresses of this stack, and no secret stands in it", () => {
    const files = ["prometheus.yml", "alertmanager.yml"].map((name) =>
      readFileSync(join(context.layout.config, name), "utf8"),
    );
    expect(files[0]).toContain("127.0.0.1:9564");
    expect(files[1]).toContain("http://127.0.0.1:8180/webhooks/alertmanager");
    for (const text of files) {
      expect(text).not.toContain("${");
      expect(text).not.toContain(context.secrets.alertmanagerToken);
      expect(text).not.toContain(context.secrets.pagerdutyRoutingKey);
    }
  });

  test("tokens lie in files that only their owner can read", () => {
    for (const name of ["webhook-token", "pagerduty-routing-key"])
      expect(statSync(join(context.layout.config, name)).mode & 0o777).toBe(0o600);
  });

  test("is accepted by Prometheus' and Alertmanager's own checks", { timeout: 120_000 }, async () => {
    const [promtool, amtool] = await Promise.all(
      (["promtool", "amtool"] as const).map((name) => findTool(name, inject("toolsDir"))),
    );
    const { config } = context.layout;
    const check = (path: string, args: readonly string[]) =>
      execFileSync(path, args, { encoding: "utf8", stdio: "pipe" });
    expect(check(promtool?.path as string, ["check", "config", join(config, "prometheus.yml")])).toContain("SUCCESS");
    expect(check(amtool?.path as string, ["check-config", join(config, "alertmanager.yml")])).toContain("SUCCESS");
  });
});
