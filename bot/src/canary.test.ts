import { createTestDatabase } from "@rollcall/test/database.ts";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { authorization, createControlSetting, DELIVERY, postOf, untilStatus } from "./control-process-fixture.ts";

/** As they might be pasted somewhere; each known by its form, or loaded by the process. */
const PLANTED = {
  slack: "xoxb-4821930475-CanaryTokenOfSlack",
  app: "xapp-1-A0-4821-CanaryTokenOfTheApp",
  own: `rc_${"CanaryTokenOfOurOwn".padEnd(43, "x")}`,
  google: "ya29.CanaryTokenOfGoogle-0123",
  signing: "CanarySigningSecret7Hq2xPzW",
  webhook: "CanaryWebhookToken8Kd3mVbN",
  metrics: "CanaryMetricsToken9Lf4nTcM",
  fleetKey: "CanaryFleetKey0Mg5oRdQ1Nh6pSeU2Oi7q",
  pager: "CanaryPagerKey12345678901234567a",
};
const ALL = Object.values(PLANTED);

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let setting: Awaited<ReturnType<typeof createControlSetting>>;
beforeAll(async () => {
  database = await createTestDatabase();
  setting = await createControlSetting({
    databaseUrl: database.url,
    redisUrl: inject("redisUrl"),
    inherited: process.env,
  });
});
afterAll(async () => {
  await setting.endAll();
  await setting.remove();
  await database.drop();
});

test("secrets planted in every setting and input are in no log, metric or refusal", { timeout: 90_000 }, async () => {
  const service = await setting.start({
    ...{ SLACK_BOT_TOKEN: PLANTED.slack, SLACK_APP_TOKEN: PLANTED.app, SLACK_SIGNING_SECRET: PLANTED.signing },
    ...{ ALERTMANAGER_WEBHOOK_TOKEN: PLANTED.webhook, ROLLCALL_METRICS_TOKEN: PLANTED.metrics },
    ...{ ROLLCALL_FLEET_KEY: PLANTED.fleetKey, PAGERDUTY_ROUTING_KEY: PLANTED.pager },
    ...{ ROLLCALL_LOG_LEVEL: "trace", ROLLCALL_LOG_SQL: "on", ROLLCALL_LOG_REQUESTS: "on", ROLLCALL_LOG_ROUTES: "on" },
  });
  await untilStatus(service, "/ready", 200);
  const webhook = { authorization: `Bearer ${PLANTED.webhook}` };
  const refusals: string[] = [];
  const answers: number[] = [];
  const say = async (path: string, init?: RequestInit): Promise<void> => {
    const response = await service.ask(path, init);
    answers.push(response.status);
    refusals.push(await response.text());
  };
  for (const secret of ALL) {
    const key = { ...authorization, "idempotency-key": `wish ${secret}`.replaceAll(" ", "-") };
    await say("/api/v1/agents", { headers: { authorization: `Bearer ${secret}` } });
    await say(`/api/v1/agents?token=${secret}`, { headers: authorization });
    await say(`/api/v1/agents/${secret}`, { headers: authorization });
    await say(`/nowhere/${secret}`, {
      headers: { ...authorization, "x-request-id": secret, "x-correlation-id": secret, cookie: secret },
    });
    await say(`/api/v1/commands/${secret.toLowerCase().replaceAll(/[^a-z0-9]/g, "-")}`, postOf({ [secret]: secret }));
    await say("/api/v1/commands/restart", postOf({ input: { who: [secret] }, reason: secret }, key));
    await say("/api/v1/commands/restart", postOf({ input: { [secret]: 1 } }, key));
    await say("/slack/events", postOf({ token: secret }, { "x-slack-signature": `v0=${secret}` }));
    await say("/webhooks/alertmanager", postOf({ ...DELIVERY, status: secret }, webhook));
    await say("/metrics", { headers: { authorization: `Basic ${secret}` } });
  }
  expect(answers.filter((status) => status >= 500)).toEqual([]);
  expect(refusals.join("").length).toBeGreaterThan(5_000);
  const metrics = await (
    await service.ask("/metrics", { headers: { authorization: `Bearer ${PLANTED.metrics}` } })
  ).text();
  expect(metrics).toContain("rollcall_http_requests_total");
  service.child.kill("SIGTERM");
  await service.exited;
  expect(service.output.text).toContain("request received");
  const places = { log: service.output.text, metrics, refusals: refusals.join("\n") };
  for (const [place, text] of Object.entries(places))
    for (const secret of ALL) {
      const at = text.indexOf(secret);
      expect(at < 0 ? "nowhere" : `${place}: ${text.slice(Math.max(0, at - 200), at + 40)}`).toBe("nowhere");
    }
});
