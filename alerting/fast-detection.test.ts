import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { expectAgent, FakeFleet } from "../exporter/test/fake-fleet.ts";
import { startPushingExporter } from "../exporter/test/test-exporter.ts";
import { type FaultProxy, startFaultProxy } from "../test/fault-proxy.ts";
import { MonitoringStage } from "../test/monitoring-stage.ts";

const FLEET = "fast-detection-test";
/** A pushed alert that nobody renews is over after this. */
const LIVE_MS = 6_000;
const FIRING = (agent: string) => `ALERTS{alertname="AgentGone",alertstate="firing",agent="${agent}"}`;

let monitoring: MonitoringStage;
let fleet: FakeFleet;
let proxy: FaultProxy;
let exporter: Awaited<ReturnType<typeof startOwnExporter>>;

function startOwnExporter() {
  const redis = new URL(inject("redisUrl"));
  redis.port = String(proxy.port);
  const environment = {
    REDIS_URL: redis.href,
    ROLLCALL_FLEET: FLEET,
    ROLLCALL_EXPORTER_PORT: String(monitoring.ports.exporter),
    ROLLCALL_EXPORTER_REFRESH_SECONDS: "0.2",
    ROLLCALL_EXPORTER_MAX_AGE_SECONDS: "2",
    // The second one is not there: it must not hold up the first.
    ALERTMANAGER_URLS: `${monitoring.alertmanagerUrl},http://127.0.0.1:9`,
    ROLLCALL_RUNBOOK_URL: "http://127.0.0.1/runbooks",
  };
  return startPushingExporter(environment, { renewMs: 1_500, liveMs: LIVE_MS });
}

/** Beats of these until the test is over, however it ends. */
function keepBeating(...agents: string[]): void {
  const timer = setInterval(() => {
    for (const agent of agents) fleet.beat(agent).catch(() => undefined); // While Redis is away nobody beats.
  }, 500);
  onTestFinished(() => clearInterval(timer));
}
const eventually = (facts: () => void | Promise<void>, seconds = 60) =>
  vi.waitFor(facts, { timeout: seconds * 1000, interval: 100 });
const waitFor = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const statuses = (agent: string) => monitoring.toldOf(agent).map(({ status }) => status);

/** Makes an agent fall silent three seconds before its deadline. @returns when its last beat was made */
async function silence(agent: string, changes: Parameters<FakeFleet["beat"]>[1] = {}): Promise<number> {
  const at = (await fleet.now()) - 12_000;
  await fleet.beat(agent, { at, ...changes });
  return at;
}

beforeAll(async () => {
  monitoring = new MonitoringStage({ toolsDir: inject("toolsDir"), quick: true });
  await monitoring.open();
  proxy = await startFaultProxy(Number(new URL(inject("redisUrl")).port));
  fleet = new FakeFleet(inject("redisUrl"), FLEET);
  const ids = ["billing", "invoices", "shipping"];
  await fleet.publish({ agents: ids.map((id) => expectAgent(id, { criticality: "P0" })) });
  for (const id of ids) await fleet.beat(id);
  // A restart that is under way for as long as all of this takes.
  await fleet.redis.zadd(fleet.keys.plannedWork, (await fleet.now()) + 600_000, "billing restart op-490");
  exporter = await startOwnExporter();
  await eventually(async () => expect(await monitoring.query("rollcall_agent_rung")).toEqual([5, 5, 5]));
}, 300_000);
afterAll(async () => {
  await exporter.stop();
  await monitoring.close();
  await proxy.close();
  await fleet.clear();
  fleet.close();
});

describe("an agent that misses its deadline", () => {
  test("is told by a push before Prometheus knows, once, and stays told when Prometheus tells it too", async () => {
    keepBeating("invoices", "shipping");
    const sent = await monitoring.sentByPrometheus();
    const beatAt = await silence("billing");
    await eventually(() => expect(statuses("billing")).toEqual(["firing"]));
    const [alert] = monitoring.toldOf("billing")[0]?.alerts ?? [];
    // Only a push names the moment of the beat that did not come; a rule names that of its evaluation.
    expect(Math.abs(Date.parse(alert?.startsAt ?? "") - (beatAt + 5000))).toBeLessThan(1000);
    expect(alert?.annotations).toEqual({
      summary: "billing is gone after restart op-490",
      planned_work: "restart op-490",
      runbook_url: "http://127.0.0.1/runbooks/agent-gone.md",
    });

    await eventually(async () => expect(await monitoring.query(FIRING("billing"))).toEqual([1]));
    await eventually(async () => expect(await monitoring.sentByPrometheus()).toBeGreaterThan(sent));
    const held = await monitoring.heldOf("billing");
    expect(held).toHaveLength(1);
    expect(Object.keys(held[0]?.labels ?? {}).toSorted()).toEqual([
      "agent",
      "alertname",
      "criticality",
      "fleet",
      "group",
      "owner",
      "severity",
    ]);
    expect(statuses("billing")).toEqual(["firing"]);
  }, 120_000);

  test("is not told to be over while the exporter cannot read Redis, nor while the exporter is away", async () => {
    proxy.swallow("both");
    proxy.cut();
    await eventually(async () => expect(await monitoring.query("rollcall_fleet_agents_expected")).toEqual([]));
    await waitFor(LIVE_MS + 2_000);
    expect(statuses("billing")).toEqual(["firing"]);
    // Nobody could beat that the exporter could see: silence of the bus is no silence of agents.
    expect([...statuses("invoices"), ...statuses("shipping")]).toEqual([]);
    proxy.heal();
    keepBeating("invoices", "shipping");
    await eventually(async () => expect(await monitoring.query("rollcall_fleet_agents_expected")).toEqual([3]));

    await exporter.stop();
    await waitFor(LIVE_MS + 2_000);
    expect(statuses("billing")).toEqual(["firing"]);
    exporter = await startOwnExporter();
  }, 120_000);

  test("is told, and stays told, while Prometheus is away", async () => {
    keepBeating("shipping");
    await fleet.beat("invoices");
    await eventually(async () => expect(await monitoring.query('rollcall_agent_rung{agent="invoices"}')).toEqual([5]));
    await monitoring.stop("prometheus");
    await silence("invoices");
    await eventually(() => expect(statuses("invoices")).toEqual(["firing"]));
    await waitFor(LIVE_MS + 2_000);
    expect(statuses("invoices")).toEqual(["firing"]);
    await monitoring.start("prometheus");
  }, 120_000);

  test("is over when it beats again, by one more message", async () => {
    keepBeating("billing", "invoices", "shipping");
    await eventually(() => {
      expect(statuses("billing")).toEqual(["firing", "resolved"]);
      expect(statuses("invoices")).toEqual(["firing", "resolved"]);
    }, 120);
    expect(statuses("shipping")).toEqual([]);
  }, 180_000);
});

describe("an agent that flaps", () => {
  const epochOf = () => monitoring.query('rollcall_agent_epoch{agent="shipping"}');
  const rungOf = () => monitoring.query('rollcall_agent_rung{agent="shipping"}');
  const told = () =>
    monitoring
      .toldOf("shipping")
      .map(({ status, alerts }) => `${alerts.map(({ labels }) => labels.alertname).join()} ${status}`);
  const crash = async (epoch: number) => {
    await silence("shipping", { epoch });
    await eventually(async () => expect(await rungOf()).toEqual([0]));
  };
  const start = async (epoch: number) => {
    await fleet.beat("shipping", { epoch });
    await eventually(async () => expect(await epochOf()).toEqual([epoch]));
  };

  test("A5: is told once from its third restart on, in place of once at each crash, by push and by rule", async () => {
    keepBeating("billing");
    await crash(1);
    await eventually(() => expect(told()).toEqual(["AgentGone firing"]));
    for (const epoch of [2, 3, 4]) await start(epoch);
    const before = ["AgentGone firing", "AgentGone resolved", "AgentFlapping firing"];
    await eventually(() => expect(told().toSorted()).toEqual(before.toSorted()));

    await crash(4);
    await start(5);
    await fleet.beat("invoices");
    await eventually(async () => expect(await monitoring.query(FIRING("invoices"))).toEqual([]));
    await crash(5);
    // Who goes after it is told of by push and by Prometheus: both would have told of it too.
    await silence("invoices");
    await eventually(async () => expect(await monitoring.query(FIRING("invoices"))).toEqual([1]));
    await eventually(() => expect(statuses("invoices").at(-1)).toBe("firing"));
    expect(told().toSorted()).toEqual(before.toSorted());
    expect(await monitoring.query(FIRING("shipping"))).toEqual([]);
  }, 180_000);
});
