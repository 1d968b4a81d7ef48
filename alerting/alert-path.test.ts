import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { expectAgent, FakeFleet } from "../exporter/test/fake-fleet.ts";
import { startTestExporter } from "../exporter/test/test-exporter.ts";
import { alertmanagerCommand } from "../local/stack/alertmanager.ts";
import { renderInto, renderRules } from "../local/stack/render-template.ts";
import { type Child, startChild } from "../local/tools/child.ts";
import { findTool } from "../local/tools/find-tool.ts";
import { findFreePort } from "../local/tools/free-port.ts";

const FLEET = "alert-path-test";
const folder = import.meta.dirname;
const TOKEN = "token-of-the-webhook";
const ROUTING_KEY = "0123456789abcdef0123456789abcdef";

interface Received {
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: {
    readonly status?: string;
    readonly groupKey?: string;
    readonly alerts?: { readonly labels: Record<string, string>; readonly annotations: Record<string, string> }[];
    readonly event_action?: string;
    readonly dedup_key?: string;
    readonly routing_key?: string;
    readonly payload?: { readonly summary: string; readonly severity: string; readonly component: string };
  };
}

let scratch: string;
let fleet: FakeFleet;
let receiver: Server;
const received: Received[] = [];
const children: Child[] = [];
const ports = { exporter: 0, prometheus: 0, alertmanager: 0, receiver: 0 };

const startOwnExporter = () =>
  startTestExporter(inject("redisUrl"), FLEET, { ROLLCALL_EXPORTER_PORT: String(ports.exporter) });
let exporter: Awaited<ReturnType<typeof startOwnExporter>>;

/** The shipped configuration, with every interval at a second. */
function writeConfig(): void {
  const secrets = { WEBHOOK_TOKEN_FILE: TOKEN, PAGERDUTY_ROUTING_KEY_FILE: ROUTING_KEY };
  for (const [name, secret] of Object.entries(secrets)) writeFileSync(join(scratch, name), secret);
  const rules = join(scratch, "rules");
  mkdirSync(rules);
  const values = {
    EXPORTER_TARGET: `127.0.0.1:${ports.exporter}`,
    CONTROL_TARGET: `127.0.0.1:${ports.receiver}`,
    SUPERVISOR_TARGET: `127.0.0.1:${ports.receiver}`,
    ALERTMANAGER_TARGET: `127.0.0.1:${ports.alertmanager}`,
    RULES_DIR: rules,
    RUNBOOK_URL: "http://127.0.0.1/runbooks",
    WEBHOOK_URL: `http://127.0.0.1:${ports.receiver}/webhook`,
    PAGERDUTY_URL: `http://127.0.0.1:${ports.receiver}/pagerduty`,
    EXTERNAL_URL: "http://127.0.0.1",
    GRAFANA_APP_URL: "http://127.0.0.1/a/rollcall-fleet-app",
    ...Object.fromEntries(Object.keys(secrets).map((name) => [name, join(scratch, name)])),
  };
  renderRules(join(folder, "rules"), rules, values);
  const written = readdirSync(rules).map((file) => join(rules, file));
  for (const file of ["prometheus.yml", "alertmanager.yml"])
    written.push(renderInto(scratch, join(folder, file), values));
  for (const file of written) {
    const text = readFileSync(file, "utf8");
    const quick = /^(\s*(?:scrape_\w+|evaluation_interval|for|group_wait|group_interval): )\d+s$/gm;
    writeFileSync(file, text.replaceAll(quick, "$11s"));
  }
}

async function startServers(): Promise<void> {
  const prometheus = await findTool("prometheus", inject("toolsDir"));
  const alertmanager = await findTool("alertmanager", inject("toolsDir"));
  const start = (
    name: string,
    command: { path: string; args: readonly string[] },
    env: Readonly<Record<string, string>>,
  ) => children.push(startChild({ name, ...command, env, cwd: scratch, logFile: join(scratch, `${name}.log`) }));
  const args = [
    `--config.file=${join(scratch, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(scratch, "prometheus")}`,
    `--web.listen-address=127.0.0.1:${ports.prometheus}`,
  ];
  start("prometheus", { path: prometheus.path, args }, prometheus.env);
  const command = alertmanagerCommand(alertmanager, [
    `--config.file=${join(scratch, "alertmanager.yml")}`,
    `--storage.path=${join(scratch, "alertmanager")}`,
    `--web.listen-address=127.0.0.1:${ports.alertmanager}`,
    "--cluster.listen-address=",
  ]);
  start("alertmanager", command, alertmanager.env);
}

async function startReceiver(): Promise<void> {
  receiver = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on("end", () => {
      if (request.method === "POST") {
        const { url = "", headers } = request;
        received.push({ url, authorization: headers.authorization, body: JSON.parse(text) as Received["body"] });
      }
      response.writeHead(request.url === "/pagerduty" ? 202 : 200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => receiver.listen(ports.receiver, "127.0.0.1", resolve));
}

/** Seconds that pass until the facts hold. */
async function eventually(facts: () => void | Promise<void>, seconds: number): Promise<number> {
  const startedAt = performance.now();
  await vi.waitFor(facts, { timeout: seconds * 1000, interval: 100 });
  return (performance.now() - startedAt) / 1000;
}

const query = async (expression: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> => {
  const url = `http://127.0.0.1:${ports.prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
  return ((await response.json()) as { data: { result: [] } }).data.result;
};
const aboutBilling = (url: string) =>
  received.filter(({ url: found, body }) => found === url && JSON.stringify(body).includes("billing"));

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "rollcall-alert-path-"));
  for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = await findFreePort();
  fleet = new FakeFleet(inject("redisUrl"), FLEET);
  await fleet.publish({ agents: [expectAgent("billing", { criticality: "P0" })] });
  await fleet.beat("billing");
  exporter = await startOwnExporter();
  writeConfig();
  await startReceiver();
  await startServers();
}, 300_000);

afterAll(async () => {
  await Promise.all(children.map((child) => child.stop()));
  await exporter.stop();
  await new Promise((resolve) => receiver.close(resolve));
  receiver.closeAllConnections();
  await fleet.clear();
  fleet.close();
  rmSync(scratch, { recursive: true, force: true });
});

describe("the alert path, on real Prometheus and Alertmanager", () => {
  test("an agent that falls silent reaches webhook and PagerDuty, stays while unmeasured, and is resolved", async () => {
    await eventually(async () => {
      await fleet.beat("billing");
      expect((await query("rollcall_agent_rung")).map(({ value }) => value[1])).toEqual(["5"]);
    }, 60);

    await fleet.redis.zadd(fleet.keys.plannedWork, await fleet.now(), "billing restart op-490");
    // The last heartbeat: it is due to be missed in three seconds instead of fifteen.
    await fleet.beat("billing", { at: (await fleet.now()) - 12_000 });
    const seconds = await eventually(() => {
      expect(aboutBilling("/webhook")).not.toEqual([]);
      expect(aboutBilling("/pagerduty")).not.toEqual([]);
    }, 60);
    // Shrunk here: 3 s deadline + 1 s refresh, scrape, evaluation, for and group wait each.
    expect(seconds).toBeLessThan(30);

    const [delivery] = aboutBilling("/webhook");
    expect(delivery?.authorization).toBe(`Bearer ${TOKEN}`);
    expect(delivery?.body.status).toBe("firing");
    expect(delivery?.body.alerts).toMatchObject([
      {
        labels: {
          alertname: "AgentGone",
          fleet: FLEET,
          agent: "billing",
          group: "orders",
          criticality: "P0",
          severity: "critical",
          owner: "payments",
        },
        annotations: {
          summary: "billing is gone after restart op-490",
          planned_work: "restart op-490",
          runbook_url: "http://127.0.0.1/runbooks/agent-gone.md",
        },
      },
    ]);
    expect(Object.keys(delivery?.body.alerts?.[0]?.labels ?? {})).toHaveLength(7);
    const [page] = aboutBilling("/pagerduty");
    expect(page?.body).toMatchObject({
      event_action: "trigger",
      routing_key: ROUTING_KEY,
      dedup_key: createHash("sha256")
        .update(delivery?.body.groupKey as string)
        .digest("hex"),
      payload: { summary: "P0 billing is gone after restart op-490", severity: "critical", component: "billing" },
      links: [
        { href: "http://127.0.0.1/runbooks/agent-gone.md", text: "Runbook" },
        { href: "http://127.0.0.1/a/rollcall-fleet-app/alerts?name=AgentGone&agent=billing", text: "In Grafana" },
      ],
    });

    await exporter.stop();
    await eventually(async () => expect(await query("rollcall_fleet_agents_expected")).toEqual([]), 30);
    const firing = 'ALERTS{alertname="AgentGone",alertstate="firing"}';
    for (let evaluation = 0; evaluation < 3; evaluation += 1) {
      expect(await query(firing)).toHaveLength(1);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    expect(aboutBilling("/webhook").map(({ body }) => body.status)).not.toContain("resolved");

    exporter = await startOwnExporter();
    await eventually(async () => {
      await fleet.beat("billing");
      expect(aboutBilling("/webhook").at(-1)?.body.status).toBe("resolved");
      expect(aboutBilling("/pagerduty").at(-1)?.body.event_action).toBe("resolve");
    }, 60);
  }, 240_000);
});
