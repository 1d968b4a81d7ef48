import { afterAll, beforeAll, expect, inject, test, vi } from "vitest";
import { DECLARED } from "../agent/src/sample/declared.ts";
import type { Exporter } from "../exporter/src/exporter.ts";
import { compileFleet, expectAgent } from "../exporter/test/fake-fleet.ts";
import { startTestExporter } from "../exporter/test/test-exporter.ts";
import { createStage, FLEET_KEY, type Stage } from "../test/agent-stage.ts";
import { MonitoringStage } from "../test/monitoring-stage.ts";

const AGENT = "archive-writer";
let stage: Stage;
let monitoring: MonitoringStage;
let exporter: Exporter;

beforeAll(async () => {
  const declared = DECLARED[AGENT] ?? { consumes: [], publishes: [] };
  stage = await createStage(inject("redisUrl"), { [AGENT]: declared });
  monitoring = new MonitoringStage({ toolsDir: inject("toolsDir"), quick: true });
  await monitoring.open();
  const fleet = compileFleet(stage.fleet, { agents: [expectAgent(AGENT, { criticality: "P0" })] });
  await stage.admin.set(stage.keys.fleet, JSON.stringify(fleet));
  exporter = await startTestExporter(inject("redisUrl"), stage.fleet, {
    ROLLCALL_FLEET_KEY: FLEET_KEY,
    ROLLCALL_EXPORTER_PORT: String(monitoring.ports.exporter),
  });
}, 300_000);
afterAll(async () => {
  await exporter.stop();
  await monitoring.close();
  await stage.close();
});

const WAIT = { timeout: 60_000, interval: 100 };

async function beatOf(pid: number | undefined) {
  const beat = await stage.beat(AGENT);
  if (beat?.pid !== pid) throw new Error(`process ${pid} has not beaten yet`);
  return beat as NonNullable<typeof beat>;
}

test("A4: an agent that is started twice is told once, with both processes by host and number", async () => {
  const first = stage.spawnSample(AGENT);
  const { host } = await vi.waitFor(() => beatOf(first.child.pid), WAIT);
  const second = stage.spawnSample(AGENT);
  await vi.waitFor(() => beatOf(second.child.pid), WAIT);
  const told = () =>
    monitoring.told.flatMap(({ alerts }) => alerts).filter(({ labels }) => labels.alertname === "AgentDuplicated");
  await vi.waitFor(() => expect(told()).toHaveLength(1), WAIT);
  expect(told()[0]).toMatchObject({
    status: "firing",
    labels: { fleet: stage.fleet, agent: AGENT, criticality: "P0", severity: "critical" },
    annotations: {
      summary: `${AGENT} was started twice: ${host} pid ${second.child.pid} took its id, ${host} pid ${first.child.pid} stopped itself`,
    },
  });
}, 200_000);
