import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createTestDatabase } from "@rollcall/test/database.ts";
import { afterAll, beforeAll, expect, inject, test, vi } from "vitest";
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

/** Takes all that the service sends out, to Slack and to a receiver of spans, and answers as Slack. */
const sent = { text: "", paths: new Set<string>() };
const outside = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const body = Buffer.concat(parts).toString();
    const isForm = request.headers["content-type"]?.includes("form-urlencoded");
    sent.text += `${isForm ? [...new URLSearchParams(body).values()].join("\n") : body}\n`;
    sent.paths.add((request.url ?? "").split("?")[0] as string);
    const user = { id: "U0OPERATOR", team_id: "T0LOCAL", name: "op", is_email_confirmed: true };
    const at = { channel: "C0OPS", ts: "1795142452.000100", message_ts: "1795142452.000100" };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ ok: true, user, ...at }));
  });
});
let address: string;
const TELEMETRY = join(import.meta.dirname, "../telemetry.ts");

/** An alert of its own group: its summary stands on a card in Slack. */
const alertThatSays = (words: string, index: number) => ({
  ...{ ...DELIVERY, groupKey: `{}:{alertname="Planted${index}"}` },
  alerts: DELIVERY.alerts.map(({ labels: { agent: _, ...labels }, ...alert }) => ({
    ...{ ...alert, labels: { ...labels, alertname: words }, fingerprint: `27179e6b27eb2${index}ff` },
    annotations: { summary: `Planted so that the end is cut off: ${words}` },
  })),
});

/** A form as Slack sends it, signed. */
function fromSlack(fields: Readonly<Record<string, string>>): RequestInit {
  const body = new URLSearchParams(fields).toString();
  const at = String(Math.floor(Date.now() / 1000));
  const signature = createHmac("sha256", PLANTED.signing).update(`v0:${at}:${body}`).digest("hex");
  const signed = { "x-slack-request-timestamp": at, "x-slack-signature": `v0=${signature}` };
  return { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded", ...signed }, body };
}
const typed = (text: string): RequestInit =>
  fromSlack({
    ...{ command: "/fleet", text, team_id: "T0LOCAL", user_id: "U0OPERATOR", channel_id: "C0OPS" },
    ...{ response_url: `${address}/answers`, trigger_id: `1.2.${text}` },
  });
/** A button whose order names an agent. */
const pressed = (agent: string): RequestInit =>
  fromSlack({
    payload: JSON.stringify({
      ...{ type: "block_actions", user: { id: "U0OPERATOR", team_id: "T0LOCAL" }, team: { id: "T0LOCAL" } },
      ...{ trigger_id: `1.3.${agent}`, channel: { id: "C0OPS" }, response_url: `${address}/answers` },
      container: { type: "message", channel_id: "C0OPS", is_ephemeral: false },
      actions: [
        {
          ...{ type: "button", action_id: "do.restart.0", block_id: "b" },
          value: JSON.stringify({ command: "restart", input: { who: [agent] } }),
        },
      ],
    }),
  });

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let setting: Awaited<ReturnType<typeof createControlSetting>>;
beforeAll(async () => {
  await new Promise<void>((resolve) => outside.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`;
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
  outside.close();
});

test("secrets planted in every setting and input are in no log, metric, refusal, trace or message of Slack", {
  timeout: 90_000,
}, async () => {
  const service = await setting.start({
    ...{ SLACK_BOT_TOKEN: PLANTED.slack, SLACK_APP_TOKEN: PLANTED.app, SLACK_SIGNING_SECRET: PLANTED.signing },
    ...{ ALERTMANAGER_WEBHOOK_TOKEN: PLANTED.webhook, ROLLCALL_METRICS_TOKEN: PLANTED.metrics },
    ...{ ROLLCALL_FLEET_KEY: PLANTED.fleetKey, PAGERDUTY_ROUTING_KEY: PLANTED.pager },
    ...{ SLACK_API_URL: `${address}/api/`, OTEL_EXPORTER_OTLP_ENDPOINT: address },
    ...{ OTEL_EXPORTER_OTLP_PROTOCOL: "http/json", NODE_OPTIONS: `--import=${TELEMETRY}` },
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
  for (const [index, secret] of ALL.entries()) {
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
    await say("/webhooks/alertmanager", postOf(alertThatSays(secret, index), webhook));
    for (const text of [`${secret}`, `diag ${secret}`, `restart ${secret}`, `restart billing --reason "${secret}"`])
      await say("/slack/events", typed(text));
    await say("/slack/events", pressed(secret));
    await say("/metrics", { headers: { authorization: `Basic ${secret}` } });
  }
  expect(answers.filter((status) => status >= 500)).toEqual([]);
  expect(refusals.join("").length).toBeGreaterThan(5_000);
  const metrics = await (
    await service.ask("/metrics", { headers: { authorization: `Bearer ${PLANTED.metrics}` } })
  ).text();
  expect(metrics).toContain("rollcall_http_requests_total");
  const cards = () => sent.text.split("Planted so that ").length - 1;
  await vi.waitFor(() => expect(cards()).toBeGreaterThanOrEqual(ALL.length), { timeout: 30_000 });
  service.child.kill("SIGTERM");
  await service.exited;
  expect(service.output.text).toContain("request received");
  for (const path of ["/v1/traces", "/api/chat.postMessage", "/answers"]) expect([...sent.paths]).toContain(path);
  expect(sent.text).toContain("run command");
  const places = { log: service.output.text, metrics, refusals: refusals.join("\n"), outside: sent.text };
  for (const [place, text] of Object.entries(places))
    for (const secret of ALL) {
      // Its beginning is enough: a text may have been cut in the middle of it.
      const at = text.indexOf(secret.slice(0, 16));
      expect(at < 0 ? "nowhere" : `${place}: ${text.slice(Math.max(0, at - 200), at + 40)}`).toBe("nowhere");
    }
});
