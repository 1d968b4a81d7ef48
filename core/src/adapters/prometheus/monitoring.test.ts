import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { openMonitoring } from "./monitoring.ts";

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const RULES = {
  groups: [
    {
      rules: [
        { type: "alerting", name: "AgentGone", health: "ok" },
        { type: "alerting", name: "AgentSlow", health: "err", lastError: "many-to-many matching not allowed" },
        { type: "alerting", name: "Watchdog", health: "unknown" },
        { type: "recording", name: "a:b", health: "err" },
      ],
    },
  ],
};
const TARGETS = {
  activeTargets: [
    {
      labels: { job: "rollcall-exporter", instance: "a:1" },
      scrapeUrl: "http://a:1/metrics",
      health: "up",
      lastError: "",
      lastScrape: "2026-11-21T02:40:52.123Z",
    },
    {
      labels: { job: "rollcall-control", instance: "b:2" },
      scrapeUrl: "http://b:2/metrics",
      health: "down",
      lastError: "refused",
      lastScrape: "0001-01-01T00:00:00Z",
    },
  ],
};

async function monitoringOf(answers: Readonly<Record<string, unknown>>) {
  server = createServer((request, response) => {
    const name = request.url?.split("/").at(-1) ?? "";
    response.end(JSON.stringify({ status: "success", data: answers[name] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return openMonitoring({ url, clock: { now: () => 1000 } });
}

const query = (result: unknown) => ({ resultType: "vector", result });

test("rules, targets, Alertmanagers and the last watchdog are read as Prometheus shows them", async () => {
  const monitoring = await monitoringOf({
    ...{ rules: RULES, targets: TARGETS, alertmanagers: { activeAlertmanagers: [{ url: "x" }] } },
    query: query([{ metric: {}, value: [1, "1800000000.5"] }]),
  });
  expect(await monitoring.look()).toEqual({
    rules: [
      { name: "AgentGone", problem: null },
      { name: "AgentSlow", problem: "many-to-many matching not allowed" },
      { name: "Watchdog", problem: null },
    ],
    targets: [
      { job: "rollcall-exporter", address: "a:1", problem: null, readAt: Date.UTC(2026, 10, 21, 2, 40, 52, 123) },
      { job: "rollcall-control", address: "b:2", problem: "refused", readAt: null },
    ],
    ...{ alertmanagers: 1, watchdogAt: 1_800_000_000_500 },
  });
});

test("a watchdog that never came is not known, and an answer in another form is no proof", async () => {
  const answers = { rules: { groups: [] }, targets: { activeTargets: [] }, alertmanagers: { activeAlertmanagers: [] } };
  const never = await monitoringOf({ ...answers, query: query([]) });
  expect(await never.look()).toMatchObject({ watchdogAt: null, alertmanagers: 0 });
  server.close();
  const strange = await monitoringOf({ ...answers, targets: [], query: query([]) });
  await expect(strange.look()).rejects.toMatchObject({ code: "unavailable", message: /form that is not known/ });
});
