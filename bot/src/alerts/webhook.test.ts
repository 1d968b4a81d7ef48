import { apiError } from "@rollcall/core/contract.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { describe, expect, test, vi } from "vitest";
import { callers, makeApp, NOW, WEBHOOK_TOKEN } from "../http/app-fixture.ts";
import type { AppDeps } from "../http/deps.ts";

const STARTED = "2026-11-20T17:55:29.772Z";
const ENDED = "2026-11-20T17:55:43.772Z";

/** What Alertmanager 0.25 sends, with all its fields. */
function delivery(status: "firing" | "resolved", agents: readonly string[], more: object = {}) {
  const shared = { alertname: "AgentGone", criticality: "P0", fleet: "demo", severity: "critical" };
  return {
    receiver: "rollcall",
    status,
    alerts: agents.map((agent, index) => ({
      status,
      labels: { ...shared, agent },
      annotations: { summary: `${agent} is gone`, runbook_url: "https://runbooks.example/AgentGone" },
      startsAt: STARTED,
      endsAt: status === "firing" ? "0001-01-01T00:00:00Z" : ENDED,
      generatorURL: "http://prometheus.example:9090/graph?g0.tab=1",
      fingerprint: `27179e6b27eb23f${index}`,
    })),
    groupLabels: { alertname: "AgentGone", fleet: "demo" },
    commonLabels: shared,
    commonAnnotations: {},
    externalURL: "http://alertmanager.example:9093",
    version: "4",
    groupKey: '{}/{}:{alertname="AgentGone", fleet="demo"}',
    truncatedAlerts: 0,
    ...more,
  };
}

const deliver = (made: ReturnType<typeof makeApp>, body: unknown, headers: Record<string, string> = {}) =>
  made.app.inject({
    method: "POST",
    url: "/webhooks/alertmanager",
    headers: { authorization: `Bearer ${WEBHOOK_TOKEN}`, ...headers },
    body: body as object,
  });
const deliveries = async (made: ReturnType<typeof makeApp>, outcome: string): Promise<number> => {
  const text = await made.metrics.registry.getSingleMetricAsString("rollcall_webhook_deliveries_total");
  return Number(new RegExp(`outcome="${outcome}"} (\\d+)`).exec(text)?.[1]);
};
const appThatRecords = (record: AppDeps["ports"]["incidents"]["record"]) =>
  makeApp((deps) => ({ ...deps, ports: { ...deps.ports, incidents: { ...deps.ports.incidents, record } } }));

describe("the webhook of Alertmanager", () => {
  test("stores a firing group with each alert's fingerprint and start, and then answers 200", async () => {
    const made = makeApp();
    const answer = await deliver(made, delivery("firing", ["billing", "invoices"]));
    expect(answer.statusCode).toBe(200);
    expect(made.seen.notifications).toMatchObject([
      {
        groupKey: '{}/{}:{alertname="AgentGone", fleet="demo"}',
        status: "firing",
        alerts: [
          {
            agent: "billing",
            fingerprint: "27179e6b27eb23f0",
            startsAt: Date.parse(STARTED),
            firing: true,
            endedAt: null,
            labels: { criticality: "P0" },
            annotations: { summary: "billing is gone" },
          },
          { agent: "invoices", fingerprint: "27179e6b27eb23f1" },
        ],
      },
    ]);
    expect(await deliveries(made, "stored")).toBe(1);
  });

  test("stores a resolved group with when each alert ended", async () => {
    const made = makeApp();
    await deliver(made, delivery("resolved", ["billing"]));
    expect(made.seen.notifications).toMatchObject([
      { status: "resolved", alerts: [{ firing: false, endedAt: Date.parse(ENDED) }] },
    ]);
  });

  test("takes fields that a newer Alertmanager adds, and an alert without an agent", async () => {
    const made = makeApp();
    const body = delivery("firing", ["billing"], { brandNew: { a: 1 }, notificationReason: "x" });
    const { agent: _agent, ...labels } = body.alerts[0]!.labels;
    const answer = await deliver(made, { ...body, alerts: [{ ...body.alerts[0], labels, status: "firing", more: 1 }] });
    expect(answer.statusCode).toBe(200);
    expect(made.seen.notifications[0]?.alerts[0]?.agent).toBeNull();
  });

  test.each([
    ["no token", ""],
    ["another token", "Bearer hook-secret"],
    ["an empty token", "Bearer "],
    ["the token as another scheme", `Basic ${WEBHOOK_TOKEN}`],
    ["a token that begins right", `Bearer ${WEBHOOK_TOKEN}x`],
    ["a token of a person", callers.operator.authorization],
  ])("with %s is 401 and counted, and nothing runs", async (_, authorization) => {
    const made = makeApp();
    const answer = await deliver(made, delivery("firing", ["billing"]), { authorization });
    expect(answer.statusCode).toBe(401);
    expect(made.seen.notifications).toEqual([]);
    expect(await deliveries(made, "unauthenticated")).toBe(1);
  });

  test("with a wrong token does not even read the body", async () => {
    const made = makeApp();
    const answer = await deliver(made, "no JSON at all", {
      authorization: "Bearer x",
      "content-type": "application/json",
    });
    expect(answer.statusCode).toBe(401);
  });

  const good = delivery("firing", ["billing"]);
  const malformed: [string, unknown][] = [
    ["nothing in it", {}],
    ["no alert in it", { ...good, alerts: [] }],
    ["another version", { ...good, version: "3" }],
    ["no group key", { ...good, groupKey: "" }],
    ["an alert without a name", { ...good, alerts: [{ ...good.alerts[0], labels: { agent: "billing" } }] }],
    ["a start that is no time", { ...good, alerts: [{ ...good.alerts[0], startsAt: "yesterday" }] }],
    ["a label that is no text", { ...good, alerts: [{ ...good.alerts[0], labels: { alertname: "A", agent: 7 } }] }],
    ["no JSON", "half of {"],
  ];
  test.each(malformed)("of the right sender but with %s is 400, logged and counted", async (_, body) => {
    const made = makeApp();
    const answer = await deliver(made, body, { "content-type": "application/json" });
    expect(answer.statusCode).toBe(400);
    expect(apiError.parse(answer.json()).code).toBe("invalid_input");
    expect(made.seen.logs.join("")).toContain("webhook delivery with the right token is malformed");
    expect(made.seen.notifications).toEqual([]);
    expect(await deliveries(made, "malformed")).toBe(1);
  });

  test.each([
    ["cannot store", new Failure("unavailable", "PostgreSQL does not answer")],
    ["is told that it asks too often", new Failure("too_many_requests", "slow down")],
    ["meets a conflict", new Failure("conflict", "somebody was faster")],
    ["meets bad input of its own making", new Failure("invalid_input", "no such column")],
    ["has a bug", new TypeError("cannot read properties of undefined")],
  ])("that %s is 503, never 4xx, so that Alertmanager sends it again at once", async (_, error) => {
    const made = appThatRecords(async () => {
      throw error;
    });
    const answer = await deliver(made, delivery("firing", ["billing"]));
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toBeDefined();
    expect(answer.body).not.toContain("undefined");
    expect(await deliveries(made, "unavailable")).toBe(1);
  });

  test("that cannot store in time is 503 within 2 s", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const called = Promise.withResolvers<void>();
      const made = appThatRecords(() => {
        called.resolve();
        return new Promise(() => undefined);
      });
      const answer = deliver(made, delivery("firing", ["billing"]));
      await called.promise;
      await vi.advanceTimersByTimeAsync(1_999);
      expect((await answer).statusCode).toBe(503);
    } finally {
      vi.useRealTimers();
    }
  });

  test("keeps the time of a watchdog alert and makes no incident of it", async () => {
    const made = makeApp();
    const watchdog = { alertname: "Watchdog", fleet: "demo" };
    const alerts = [{ ...good.alerts[0], labels: watchdog }];
    const before = await made.metrics.registry.getSingleMetricAsString(
      "rollcall_watchdog_last_received_timestamp_seconds",
    );
    expect(before).not.toMatch(/^rollcall/m);
    expect((await deliver(made, { ...good, alerts })).statusCode).toBe(200);
    expect(made.seen.notifications).toEqual([]);
    const after = await made.metrics.registry.getSingleMetricAsString(
      "rollcall_watchdog_last_received_timestamp_seconds",
    );
    expect(after).toContain(`rollcall_watchdog_last_received_timestamp_seconds ${NOW / 1000}`);
    expect(await deliveries(made, "watchdog")).toBe(1);
  });

  test("stores 10,000 alerts of one delivery, and says if Alertmanager left some out", async () => {
    const made = makeApp();
    const agents = Array.from({ length: 10_000 }, (_, index) => `agent-${index}`);
    const answer = await deliver(made, delivery("firing", agents, { truncatedAlerts: 5 }));
    expect(answer.statusCode).toBe(200);
    expect(made.seen.notifications[0]?.alerts).toHaveLength(10_000);
    expect(made.seen.logs.join("")).toContain("alertmanager left alerts out of its delivery");
  });
});
