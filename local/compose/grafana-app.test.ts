import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { REPOSITORY } from "../stack/layout.ts";
import { configure } from "./configure.ts";

interface Grafana {
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
}

const into = mkdtempSync(join(tmpdir(), "rollcall-compose-"));
const settings = {
  ...{ SLACK_BOT_TOKEN: "xoxb-1-real", SLACK_SIGNING_SECRET: "0123456789abcdef0123", SLACK_BOT_ID: "B1" },
  ...{ SLACK_BOT_USER_ID: "U1", SLACK_TEAM_ID: "T1", ROLLCALL_SLACK_ALERTS_CHANNEL: "C1" },
  ...{ ROLLCALL_SLACK_OPS_CHANNEL: "C2", PAGERDUTY_ROUTING_KEY: "r".repeat(32) },
};
const read = (path: string) => readFileSync(join(into, path), "utf8");
const compose = parse(readFileSync(join(REPOSITORY, "docker-compose.yml"), "utf8"), { merge: true }) as {
  services: { grafana: Grafana };
};
const { environment, volumes } = compose.services.grafana;

beforeAll(() => configure(into, settings));
afterAll(() => rmSync(into, { recursive: true, force: true }));

describe("the app in the Grafana of docker-compose.yml", () => {
  test("is mounted, may be loaded unsigned, and is set up with the secret that the control service knows it by", () => {
    const { apps } = parse(read("grafana/provisioning/plugins/rollcall.yml")) as { apps: unknown[] };
    const { GRAFANA_PLUGIN_SECRET: secret = "" } = parseEnv(read("control/control.env"));
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(apps).toEqual([
      { type: "rollcall-fleet-app", jsonData: { url: "http://control:8080" }, secureJsonData: { secret } },
    ]);
    expect(environment.GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS).toBe("rollcall-fleet-app");
    expect(volumes).toContain("./grafana-plugin/dist:/var/lib/grafana/plugins/rollcall-fleet-app:ro");
  });

  test("sends tokens that the control service takes, as of the address that Grafana calls itself", () => {
    const control = parseEnv(read("control/control.env"));
    expect(control.GRAFANA_ROOT_URL).toBe(environment.GF_SERVER_ROOT_URL);
    expect(control.GRAFANA_URL).toBe("http://grafana:3000");
  });

  test("is where a page of PagerDuty leads to, and the rules of Prometheus are among Grafana's alerts", () => {
    expect(read("alertmanager/alertmanager.yml")).toContain(
      `${environment.GF_SERVER_ROOT_URL}a/rollcall-fleet-app/alerts?name={{ .GroupLabels.alertname | urlquery }}`,
    );
    const { datasources } = parse(read("grafana/provisioning/datasources/prometheus.yml")) as {
      datasources: unknown[];
    };
    expect(datasources).toMatchObject([{ jsonData: { alertmanagerUid: "alertmanager" } }, { uid: "alertmanager" }]);
  });

  test("lets people in by Google, whose secret Grafana reads from a file", async () => {
    expect(environment.GF_AUTH_GOOGLE_CLIENT_SECRET__FILE).toBe("/config/google-client-secret");
    expect(read("grafana/google-client-secret")).toBe("");
    await configure(into, { ...settings, GOOGLE_CLIENT_SECRET: "of the client" });
    expect(read("grafana/google-client-secret")).toBe("of the client");
    await configure(into, settings);
  });

  test("leaves the control service alone if the settings name another Grafana", async () => {
    const other = { GRAFANA_URL: "https://grafana.example.test", GRAFANA_PLUGIN_SECRET: "x".repeat(40) };
    await configure(into, { ...settings, ...other });
    expect(parseEnv(read("control/control.env"))).toMatchObject(other);
    await configure(into, settings);
  });
});
