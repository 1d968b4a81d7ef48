import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createGrafanaClient, type GrafanaClient } from "@rollcall/local/grafana/client.ts";
import { createGrafanaStandIn, type GrafanaStandIn } from "@rollcall/local/grafana/stand-in.ts";
import { createTestDatabase } from "@rollcall/test/database.ts";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createControlSetting, postOf, type StartedControl, untilStatus } from "./control-process-fixture.ts";

const PLUGIN_SECRET = "a secret of the plugin, for tests";
const ACCESS = `people:
${["viewer", "operator", "admin"]
  .map((role) => `  - { id: ${role}, name: ${role}, role: ${role}, mails: [${role}@example.test] }\n`)
  .join("")}`;

/** Four at once need a second person. */
const MANY = ["orders", "invoices", "shipping", "returns"];
const FLEET = `fleet: grafana-test
agents:
${MANY.map((id) => `  - { id: ${id}, group: shop, does: sells, criticality: P2, consequence: orders wait, normalSeconds: 1 }\n`).join("")}`;

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let setting: Awaited<ReturnType<typeof createControlSetting>>;
let grafana: GrafanaStandIn;
let client: GrafanaClient;
let service: StartedControl;
let sql: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  setting = await createControlSetting({
    ...{ databaseUrl: database.url, redisUrl: inject("redisUrl"), inherited: process.env },
  });
  await writeFile(join(setting.folder, "access.yaml"), ACCESS);
  await writeFile(join(setting.folder, "fleet.yaml"), FLEET);
  grafana = await createGrafanaStandIn({ port: 0, upstream: "http://127.0.0.1:9", pluginSecret: PLUGIN_SECRET });
  client = createGrafanaClient(grafana.url);
  service = await setting.start({ GRAFANA_URL: grafana.url, GRAFANA_PLUGIN_SECRET: PLUGIN_SECRET });
  await untilStatus(service, "/ready", 200);
  await client.set({ upstream: service.address });
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
}, 120_000);
afterAll(async () => {
  await sql.end();
  await setting.endAll();
  await setting.remove();
  await grafana.close();
  await database.drop();
});

let wishes = 0;
async function run(person: string, command: string, input: object = {}) {
  wishes += 1;
  const headers = { "idempotency-key": `wish-number-${wishes}` };
  const answer = await client.ask(person, `api/v1/commands/${command}`, postOf({ input, reason: "a test" }, headers));
  return { status: answer.status, body: (await answer.json()) as Record<string, never> };
}
/** Confirms the plan that comes first of what is about many agents. */
async function runPlanned(person: string, command: string, input: object) {
  const planned = await run(person, command, input);
  const { confirm } = planned.body as unknown as { confirm: { token: string } };
  wishes += 1;
  const headers = { "idempotency-key": `wish-number-${wishes}` };
  const body = { input, reason: "a test", confirm: confirm.token };
  const answer = await client.ask(person, `api/v1/commands/${command}`, postOf(body, headers));
  return { status: answer.status, body: (await answer.json()) as Record<string, never> };
}
const audited = async (where: string) => {
  const { rows } = await sql.query<{ body: Record<string, unknown> }>(
    `select body::jsonb as body from audit_log where ${where} order by seq`,
  );
  return rows.map(({ body }) => body);
};

describe("a control service behind Grafana", { timeout: 60_000 }, () => {
  test("tells each who they are", async () => {
    const { status, body } = await run("viewer", "whoami");
    expect(status).toBe(200);
    expect(body).toMatchObject({ data: { id: "viewer", role: "viewer" }, report: { context: "viewer, by grafana" } });
    const { body: stranger } = await run("nobody", "whoami");
    expect(stranger).toMatchObject({
      data: { role: null, person: false },
      report: { lines: [expect.stringContaining("Nobody of access.yaml is you.")] },
    });
  });

  test("answers a look, refuses what is above the role, and writes both people down", async () => {
    expect((await run("viewer", "status")).status).toBe(200);
    const refused = await run("viewer", "restart", { who: ["orders"] });
    expect([refused.status, refused.body]).toMatchObject([403, { code: "forbidden" }]);
    const signedIn = "body::jsonb ->> 'event' = 'authentication' and body::jsonb ->> 'actor' = 'viewer'";
    await expect
      .poll(() => audited(signedIn))
      .toMatchObject([{ door: "grafana", decision: "allowed", identity: "grafana:org:1/user:sample-viewer" }]);
    const decisions = await audited("body::jsonb ->> 'decision' = 'refused' and body::jsonb ->> 'actor' = 'viewer'");
    expect(decisions).toContainEqual(expect.objectContaining({ door: "grafana", command: "restart" }));
  });

  test("asks a second person for what needs one, who agrees through Grafana and not to their own wish", async () => {
    const asked = await runPlanned("operator", "stop", { who: MANY });
    expect([asked.status, asked.body]).toMatchObject([202, { request: { id: expect.stringMatching(/^req-/) } }]);
    const { id } = (asked.body as unknown as { request: { id: string } }).request;
    // Before anything is done: a plan of a fleet that changes meanwhile is void.
    const own = await runPlanned("second", "stop", { who: MANY });
    expect((await run("operator", "approve", { request: id })).status).toBe(403);
    expect((await run("viewer", "approve", { request: id })).status).toBe(403);
    // Her address, but Grafana does not vouch for it; and the same admin from another organisation.
    expect((await run("unverified", "approve", { request: id })).status).toBe(403);
    expect((await run("elsewhere", "approve", { request: id })).status).toBe(401);
    const agreed = await run("second", "approve", { request: id });
    expect([agreed.status, agreed.body]).toMatchObject([202, { operation: { command: "approve" } }]);
    const approvals = "body::jsonb ->> 'event' = 'approval' and body::jsonb ->> 'action' = 'approved'";
    await expect
      .poll(() => audited(approvals), { timeout: 30_000 })
      .toMatchObject([{ actor: "admin", door: "grafana", command: "stop", targets: MANY }]);

    const { id: ownId } = (own.body as unknown as { request: { id: string } }).request;
    const refused = await run("second", "approve", { request: ownId });
    expect([refused.status, refused.body]).toMatchObject([403, { message: expect.stringContaining("you asked for") }]);
  });

  test("shows the plugin's secret and the tokens in no log, metric or audit row", async () => {
    const token = await client.tokenOf("operator");
    const headers = { "x-rollcall-grafana-secret": "a-wrong-secret-that-was-sent", "x-grafana-id": token };
    await service.ask("/api/v1/agents", { headers });
    const all =
      service.output.text + (await (await service.ask("/metrics")).text()) + JSON.stringify(await audited("true"));
    for (const secret of [PLUGIN_SECRET, "a-wrong-secret-that-was-sent", token.slice(0, 60), token.slice(-40)])
      expect(all).not.toContain(secret);
    expect(all).toMatch(/rollcall_refused_attempts_total\{door="grafana",reason="unknown-credential"\} 1/);
  });
});

test.each([
  [{ GRAFANA_URL: "http://127.0.0.1:9" }, "GRAFANA_URL and GRAFANA_PLUGIN_SECRET: one is set, the other is not"],
  [{ GRAFANA_PLUGIN_SECRET: PLUGIN_SECRET }, "GRAFANA_URL and GRAFANA_PLUGIN_SECRET: one is set, the other is not"],
  [{ GRAFANA_URL: "http://127.0.0.1:9", GRAFANA_PLUGIN_SECRET: "short" }, "GRAFANA_PLUGIN_SECRET is not allowed"],
  [{ GRAFANA_URL: "ftp://grafana" }, "GRAFANA_URL is not allowed"],
  [{ GRAFANA_ORGS: "1,all" }, "GRAFANA_ORGS is not allowed"],
])("does not start with %j", async (change, why) => {
  const { exited, output } = await setting.start(change);
  expect(await exited).toBe(1);
  expect(output.text).toContain(why);
});
