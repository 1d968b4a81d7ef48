import { chmodSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createGrafanaClient } from "@rollcall/local/grafana/client.ts";
import { createGrafanaStandIn, type GrafanaStandIn } from "@rollcall/local/grafana/stand-in.ts";
import { sign } from "@rollcall/local/slack/delivery.ts";
import { createTestDatabase } from "@rollcall/test/database.ts";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { createControlSetting, DELIVERY, postOf, type StartedControl, untilStatus } from "./control-process-fixture.ts";

const OLD = "oldq8Zr2vNw5kXc7TbYfLpD3mHs";
const NEW = "newJw4tR9eUx6GzKa1QvBn0SyCd";
const SOON = { timeout: 30_000, interval: 100 };

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let setting: Awaited<ReturnType<typeof createControlSetting>>;
let service: StartedControl;
let grafana: GrafanaStandIn;

const fileOf = (name: string): string => join(setting.folder, name);
/** As a vault's agent does it: a new file in the place of the old one. */
function put(name: string, text: string): void {
  writeFileSync(`${fileOf(name)}.part`, text);
  chmodSync(`${fileOf(name)}.part`, 0o600);
  renameSync(`${fileOf(name)}.part`, fileOf(name));
}
const until = (at: number): string => new Date(at).toISOString();

const slack = (secret: string) => {
  const body = JSON.stringify({ type: "url_verification", challenge: "c" });
  const at = Math.floor(Date.now() / 1000);
  const headers = { "x-slack-request-timestamp": String(at), "x-slack-signature": sign(secret, at, body) };
  return service.ask("/slack/events", {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body,
  });
};
/** As somebody whom Rollcall does not know: they may ask who they are. */
async function throughGrafana(secret: string): Promise<Response> {
  const token = await createGrafanaClient(grafana.url).tokenOf("nobody");
  const headers = { "x-rollcall-grafana-secret": secret, "x-grafana-id": token };
  return service.ask("/api/v1/commands/whoami", postOf({ input: {} }, headers));
}
const DOORS = {
  SLACK_SIGNING_SECRET: slack,
  ALERTMANAGER_WEBHOOK_TOKEN: (token: string) =>
    service.ask("/webhooks/alertmanager", postOf(DELIVERY, { authorization: `Bearer ${token}` })),
  ROLLCALL_METRICS_TOKEN: (token: string) => service.ask("/metrics", { headers: { authorization: `Bearer ${token}` } }),
  GRAFANA_PLUGIN_SECRET: throughGrafana,
};
const NAMES = Object.keys(DOORS) as (keyof typeof DOORS)[];

beforeAll(async () => {
  database = await createTestDatabase();
  setting = await createControlSetting({
    databaseUrl: database.url,
    redisUrl: inject("redisUrl"),
    inherited: process.env,
  });
  for (const name of NAMES) put(name, `${name}-${OLD}\n`);
  grafana = await createGrafanaStandIn({ port: 0, upstream: "http://127.0.0.1:9", pluginSecret: "not used here" });
  const files = NAMES.flatMap((name) => [
    [name, ""],
    [`${name}_FILE`, fileOf(name)],
  ]);
  service = await setting.start({ ...Object.fromEntries(files), GRAFANA_URL: grafana.url });
  await untilStatus(service, "/ready", 200);
});
afterAll(async () => {
  await setting.endAll();
  await setting.remove();
  await grafana.close();
  await database.drop();
});

describe("a secret that is changed while the control service runs", { timeout: 120_000 }, () => {
  test.each(NAMES)("%s: nobody is refused meanwhile, and the old one is when its time is over", async (name) => {
    const [before, after] = [`${name}-${OLD}`, `${name}-${NEW}`];
    const status = async (secret: string): Promise<number> => (await DOORS[name](secret)).status;
    expect([await status(before), await status(after)]).toEqual([200, 401]);

    put(name, `${after}\n${before} until ${until(Date.now() + 600_000)}\n`);
    // Those who have not changed yet go on, before and after the new file was read.
    await vi.waitFor(async () => {
      expect(await status(before)).toBe(200);
      expect(await status(after)).toBe(200);
    }, SOON);
    for (let times = 0; times < 5; times += 1) expect([await status(before), await status(after)]).toEqual([200, 200]);

    const end = Date.now() + 3_000;
    put(name, `${after}\n${before} until ${until(end)}\n`);
    service.child.kill("SIGHUP");
    await vi.waitFor(async () => expect(await status(before)).toBe(401), SOON);
    expect(Date.now()).toBeGreaterThanOrEqual(end);
    expect(await status(after)).toBe(200);
  });

  test("the change is counted, logged and audited without the secrets", async () => {
    const metrics = await (await DOORS.ROLLCALL_METRICS_TOKEN(`ROLLCALL_METRICS_TOKEN-${NEW}`)).text();
    for (const name of NAMES)
      expect(metrics).toMatch(new RegExp(`^rollcall_secret_previous_used_total\\{setting="${name}"\\} [1-9]`, "m"));
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const find = "select body from audit_log where body::jsonb ->> 'action' = 'secret-changed'";
    await vi.waitFor(
      async () => expect((await client.query(find)).rows.length).toBeGreaterThanOrEqual(NAMES.length),
      SOON,
    );
    const { rows } = await client.query<{ body: string }>(find);
    await client.end();
    const said = [metrics, service.output.text, ...rows.map(({ body }) => body)].join("\n");
    for (const name of NAMES) expect(said).toContain(`"targets": ["${name}"]`);
    expect(said).not.toMatch(new RegExp(`${OLD}|${NEW}`));
  });
});
