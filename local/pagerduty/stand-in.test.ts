import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createPagerDutyClient, type PagerDutyClient } from "./client.ts";
import { readConfig } from "./config.ts";
import { createPagerDutyStandIn, type PagerDutyStandIn } from "./stand-in.ts";

const KEY = "0123456789abcdef0123456789abcdef";
let pager: PagerDutyStandIn;
let client: PagerDutyClient;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rollcall-pagerduty-"));
  pager = await createPagerDutyStandIn({ port: 0, routingKey: KEY });
  client = createPagerDutyClient(pager.url);
});
afterAll(async () => {
  await pager.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => client.clear());

const trigger = (more: object = {}, payload: object = {}) => ({
  routing_key: KEY,
  event_action: "trigger",
  dedup_key: "k1",
  payload: { summary: "P0 billing is gone", source: "rollcall", severity: "critical", ...payload },
  ...more,
});
const change = (action: string, key = "k1") => ({ routing_key: KEY, event_action: action, dedup_key: key });

async function send(event: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const body = typeof event === "string" ? event : JSON.stringify(event);
  const response = await fetch(`${pager.url}/v2/enqueue`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("events", () => {
  test("a trigger is taken and rings until it is acknowledged and resolved", async () => {
    expect(await send(trigger())).toEqual({
      status: 202,
      body: { status: "success", message: "Event processed", dedup_key: "k1" },
    });
    await send(trigger({}, { summary: "P0 billing is gone, 64 wait" }));
    await send(change("acknowledge"));
    expect(await client.incidents()).toMatchObject([
      { status: "acknowledged", summary: "P0 billing is gone, 64 wait" },
    ]);
    await send(change("resolve"));
    const [incident] = await client.incidents();
    expect(incident?.status).toBe("resolved");
    expect(incident?.log.map(({ action }) => action)).toEqual(["trigger", "trigger", "acknowledge", "resolve"]);
  });

  test("a trigger after the end is a new incident, and one without key gets its own", async () => {
    await send(trigger());
    await send(change("resolve"));
    await send(trigger());
    const { body } = await send({ ...trigger(), dedup_key: undefined });
    expect(body.dedup_key).toMatch(/^[0-9a-f]{32}$/);
    expect((await client.incidents()).map(({ status }) => status)).toEqual(["resolved", "triggered", "triggered"]);
  });

  test("acknowledging or resolving an unknown key is dropped in silence", async () => {
    expect((await send(change("acknowledge", "nothing"))).status).toBe(202);
    expect((await send(change("resolve", "nothing"))).status).toBe(202);
    expect(await client.incidents()).toEqual([]);
  });

  test("the event that Alertmanager 0.25 sends is taken", async () => {
    const event = {
      ...trigger(),
      client: "Alertmanager",
      client_url: "http://vm:9093/#/alerts?receiver=x",
      images: [],
      links: [],
      payload: {
        summary: "x",
        source: "Alertmanager",
        severity: "critical",
        class: "AgentGone",
        component: "billing",
        group: "eu1",
        custom_details: { firing: "Labels", num_firing: "1" },
      },
    };
    expect((await send(event)).status).toBe(202);
  });

  test.each([
    ["no JSON", "{", "JSON parse error"],
    ["another integration", trigger({ routing_key: "x".repeat(32) }), "Invalid routing key"],
    ["a short routing key", trigger({ routing_key: "x" }), "'routing_key'"],
    ["an unknown action", trigger({ event_action: "ring" }), "'event_action'"],
    ["a dedup key of 256", trigger({ dedup_key: "x".repeat(256) }), "'dedup_key'"],
    ["a summary of 1025", trigger({}, { summary: "x".repeat(1025) }), "'payload.summary'"],
    ["an unknown severity", trigger({}, { severity: "P0" }), "'payload.severity'"],
    ["no source", trigger({}, { source: undefined }), "'payload.source'"],
    ["no payload", trigger({ payload: undefined }), "'payload'"],
    ["a time that is none", trigger({}, { timestamp: "yesterday" }), "'payload.timestamp'"],
    ["links that are none", trigger({ links: [{ href: "x" }] }), "'links.0.href'"],
    ["images without source", trigger({ images: [{ href: "https://example.test" }] }), "'images.0.src'"],
    ["an acknowledgement without key", { routing_key: KEY, event_action: "acknowledge" }, "'dedup_key'"],
  ])("%s is refused with 400", async (...[, event, fault]) => {
    const { status, body } = await send(event);
    expect(status).toBe(400);
    expect(body).toMatchObject({ status: "invalid event", message: "Event object is invalid" });
    expect(String(body.errors)).toContain(fault);
    expect(await client.incidents()).toEqual([]);
  });

  test("an event over 512 KB is refused with 413", async () => {
    expect((await send(trigger({}, { custom_details: "x".repeat(520 * 1024) }))).status).toBe(413);
    expect((await send("x".repeat(3 * 1024 * 1024))).status).toBe(413);
  });
});

describe("faults", () => {
  test("429, 5xx and a reset strike as often as asked, then all is well", async () => {
    await client.fail({ kind: "ratelimited" });
    await client.fail({ kind: "http", status: 502, count: 2 });
    await client.fail({ kind: "reset" });
    expect((await send(trigger())).status).toBe(429);
    expect((await send(trigger())).status).toBe(502);
    expect((await send(trigger())).status).toBe(502);
    await expect(send(trigger())).rejects.toThrow();
    expect((await send(trigger())).status).toBe(202);
  });

  test("a hanging call gets no answer", async () => {
    await client.fail({ kind: "hang", count: 5 });
    const call = fetch(`${pager.url}/v2/enqueue`, { method: "POST", body: "{}", signal: AbortSignal.timeout(200) });
    await expect(call).rejects.toThrow();
    await client.clearFaults();
    expect((await send(trigger())).status).toBe(202);
  });

  test("waiting for an incident that never comes says what is there", async () => {
    await send(trigger());
    await expect(client.waitForIncident(() => false, 1)).rejects.toThrow('triggered "P0 billing is gone"');
    expect(await client.waitForIncident(({ dedup_key }) => dedup_key === "k1")).toMatchObject({ status: "triggered" });
  });
});

describe("keeping", () => {
  test("incidents survive a restart; an unreadable file is put aside", async () => {
    const dataFile = join(folder, "pagerduty.json");
    const first = await createPagerDutyStandIn({ port: 0, routingKey: KEY, dataFile });
    await fetch(`${first.url}/v2/enqueue`, { method: "POST", body: JSON.stringify(trigger()) });
    await first.close();
    const second = await createPagerDutyStandIn({ port: 0, routingKey: KEY, dataFile });
    expect(second.incidents.list()).toMatchObject([{ dedup_key: "k1", status: "triggered" }]);
    await second.close();
    expect(await readFile(dataFile, "utf8")).toContain("billing");
    await writeFile(dataFile, '{"version":1,"incid');
    const third = await createPagerDutyStandIn({ port: 0, routingKey: KEY, dataFile });
    expect(third.incidents.list()).toEqual([]);
    await third.close();
  });

  test("a wrong setting is named", () => {
    expect(() => readConfig({ PAGERDUTY_ROUTING_KEY: "x" })).toThrow("PAGERDUTY_ROUTING_KEY");
    expect(readConfig({ PAGERDUTY_ROUTING_KEY: KEY }).PAGERDUTY_STANDIN_PORT).toBe(8092);
  });
});
