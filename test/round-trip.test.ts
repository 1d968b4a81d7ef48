import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { askAgents } from "@rollcall/core/ask-agents.ts";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createMetrics } from "../bot/src/metrics/metrics.ts";
import { createStage, FLEET_KEY, type Stage } from "./agent-stage.ts";

const DECLARED = { consumes: [], publishes: [] };
const metrics = createMetrics({ version: "0" });

let stage: Stage;
let bus: ReturnType<typeof openFleetBus>;

beforeAll(async () => {
  stage = await createStage(inject("redisUrl"), { billing: DECLARED });
  const place = { url: inject("redisUrl"), fleet: stage.fleet, fleetKey: FLEET_KEY };
  bus = openFleetBus({ ...place, onAnswer: metrics.bus.answered });
  await stage.start("billing", DECLARED);
});
afterAll(async () => {
  bus.close();
  await stage.close();
});

const ask = (kind: "echo" | "canary", agents: readonly string[], timeoutMs: number) =>
  askAgents(bus, { fleet: stage.fleet, kind, agents, epoch: null, timeoutMs });

test("each echo and canary that comes back from an agent is counted with the time it took; one that does not, is not", async () => {
  const { took } = await ask("echo", ["billing"], 20_000);
  await ask("canary", ["billing"], 20_000);
  await ask("echo", ["nobody"], 200);
  const text = await metrics.registry.getSingleMetricAsString("rollcall_bus_round_trip_seconds");
  const read = (series: string): number => Number(text.split(`${series} `)[1]?.split("\n")[0]);
  expect(read('_count{kind="echo"}')).toBe(1);
  expect(read('_count{kind="canary"}')).toBe(1);
  expect(read('_sum{kind="echo"}') * 1000).toBeCloseTo(took.get("billing") as number, 6);
});
