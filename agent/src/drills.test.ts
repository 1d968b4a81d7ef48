import { openEventBus } from "@rollcall/core/adapters/redis/event-bus.ts";
import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { remarksOn } from "@rollcall/core/agent-remarks.ts";
import { observeFleet, type SeenAgent } from "@rollcall/core/observe-fleet.ts";
import type { Fault } from "@rollcall/core/protocol/faults.ts";
import { type ExpectedAgent, PROTOCOL_MINOR } from "@rollcall/core/protocol.ts";
import { compareSubscriptions } from "@rollcall/core/subscription-state.ts";
import { createStage, type Stage, until } from "@rollcall/test/agent-stage.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { DECLARED } from "./sample/declared.ts";

const FLEET_KEY = "a fleet key of at least 32 characters";
let stage: Stage;
let bus: ReturnType<typeof openFleetBus>;

beforeAll(async () => {
  stage = await createStage(inject("redisUrl"), DECLARED);
  bus = openFleetBus({ url: inject("redisUrl"), fleet: stage.fleet, fleetKey: FLEET_KEY });
  await bus.markCanaryRound();
});
afterAll(async () => {
  bus.close();
  await stage.close();
});

const expectedOf = (id: string): ExpectedAgent => ({
  ...{
    id,
    group: "orders",
    parent: null,
    does: "works",
    labels: {},
    criticality: "P1",
    owner: "orders",
    runbook: null,
  },
  ...{ consequence: "orders wait", normalSeconds: 1, runtime: { kind: "process", name: id } },
  consumes: [...(DECLARED[id]?.consumes ?? [])],
  publishes: [...(DECLARED[id]?.publishes ?? [])],
  desired: { state: "running", by: null, since: null, reason: null },
});

/** How the control service sees it, with answers that it was asked for or without. */
async function look(id: string, canary?: number): Promise<SeenAgent> {
  const sight = {
    bus,
    registry: { expected: () => Promise.reject(new Error("not asked")) },
    supervisor: {
      list: async () => [{ agent: id, state: "running", pid: 1, startedAt: 1, exit: null, lastErrors: [] }],
    } as never,
    clock: { now: Date.now } as never,
  };
  const asked = canary === undefined ? {} : { canary: new Map([[id, canary]]) };
  const { agents } = await observeFleet(sight, [expectedOf(id)], asked);
  return agents[0] as SeenAgent;
}

/** Starts a process of the sample fleet, and rehearses a fault on it. */
async function rehearse(id: string, fault: Fault) {
  const running = stage.spawnSample(id);
  await stage.beatThat(id, "the first", () => true);
  await stage.ask(id, "canary");
  const reply = await stage.ask(id, "drill", { args: { fault } });
  expect(reply.outcome).toBe("done");
  return { ...running, reply };
}
const end = async (id: string) => (await stage.ask(id, "drill", { args: { fault: "end" } })).detail;

describe("a process of the sample fleet that is told", () => {
  test.concurrent("drop-subscription works on, but that subscription is dead, with its pattern, until the drill ends", async () => {
    const { reply } = await rehearse("order-orchestrator", "drop-subscription");
    const [topic = ""] = DECLARED["order-orchestrator"]?.consumes ?? [];
    expect(reply.detail).toBe(`${topic} is not read any more`);
    await stage.publish(topic, { order: 1 });
    const events = openEventBus({ url: inject("redisUrl"), fleet: stage.fleet });
    const state = async () => {
      const reading = await events.read([topic]);
      const agents = [expectedOf("order-orchestrator")];
      const { subscriptions } = compareSubscriptions({ agents, topics: [topic] }, reading);
      return subscriptions.find((one) => one.topic === topic)?.state;
    };
    await until("the subscription is dead", async () => (await state()) === "dead", 40);
    expect((await stage.ask("order-orchestrator", "canary")).outcome).toBe("done");
    expect((await look("order-orchestrator", 5)).judgement.verdict).toBe("working");
    expect(await end("order-orchestrator")).toBe("ended: drop-subscription");
    await until("it is read again", async () => (await state()) === "reads");
    events.close();
  }, 90_000);

  test.concurrent("slow takes canaries while its item is older than normal: slow, rung 4", async () => {
    await rehearse("order-validator", "slow");
    await stage.publish("orders.received", { order: 1 });
    const seen = await until("the verdict", async () => {
      const canary = await stage.ask("order-validator", "canary");
      const found = await look("order-validator", canary.waitedMs ?? undefined);
      return found.judgement.verdict === "slow" ? found : null;
    });
    expect(seen.judgement).toMatchObject({ rung: 4, health: "degraded" });
    expect(seen.judgement.note).toContain("normal ≤ 1 s");
    await end("order-validator");
    await stage.beatThat("order-validator", "that nothing is in hand", ({ inFlight }) => inFlight === 0);
  }, 60_000);

  test.concurrent("leak grows by what its heartbeats tell, and stops before it harms the machine", async () => {
    await rehearse("billing", "leak");
    const before = (await stage.beat("billing"))?.rssBytes ?? 0;
    const grown = await stage.beatThat("billing", "150 MiB more", ({ rssBytes }) => rssBytes > before + 150 * 2 ** 20);
    const later = await stage.beatThat("billing", "two beats on", ({ counter }) => counter >= grown.counter + 2);
    expect(later.rssBytes).toBeLessThan(before + 300 * 2 ** 20);
    expect(await end("billing")).toBe("ended: leak");
  }, 60_000);

  test.concurrent("wrong-version is silent as soon as its last readable heartbeat is old, and the version is named", async () => {
    await look("invoices");
    await rehearse("invoices", "wrong-version");
    const first = await until("a heartbeat of another protocol", async () => {
      const found = await look("invoices");
      return found.otherMajor === undefined ? null : found;
    });
    expect(first.forged).toBe(false);
    expect(remarksOn(first)).toEqual([`its newest heartbeat is of protocol 2.${PROTOCOL_MINOR}`]);
    const seen = await until(
      "silent",
      async () => {
        const found = await look("invoices");
        return found.judgement.verdict === "silent" ? found : null;
      },
      30,
    );
    expect(seen.judgement.note).toBe(`its heartbeat is of protocol 2.${PROTOCOL_MINOR}, which is not read here`);
    await end("invoices");
    await until("it is read again", async () => (await look("invoices")).otherMajor === undefined);
  }, 90_000);

  test.concurrent("skewed-clock counts from now on, its clock is named, and once killed it is gone in time", async () => {
    const { child } = await rehearse("stock-keeper", "skewed-clock");
    await stage.beatThat("stock-keeper", "an hour ahead", ({ clockSkewMs }) => clockSkewMs > 3_000_000);
    const seen = await look("stock-keeper", 5);
    expect(seen.judgement.verdict).toBe("working");
    expect(seen.beat?.at).toBeLessThanOrEqual(await stage.now());
    expect(remarksOn(seen)).toEqual(["its clock is 3600 s ahead"]);
    child.kill("SIGKILL");
    // An hour, without the clamp.
    await until("silent", async () => (await look("stock-keeper")).judgement.verdict === "silent", 30);
  }, 90_000);
});

describe("a drill", () => {
  test("ends with the process: the next one of the agent has no fault", async () => {
    const { child, ended } = await rehearse("shipping", "wrong-version");
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    await stage.admin.hdel(stage.keys.presence, "shipping");
    stage.spawnSample("shipping");
    await stage.beatThat("shipping", "of this protocol", ({ v }) => v === 1);
  }, 60_000);

  test("of a subscription is refused by an agent that reads nothing", async () => {
    await stage.start("order-intake", { consumes: [], publishes: [] });
    const reply = await stage.ask("order-intake", "drill", { args: { fault: "drop-subscription" } });
    expect(reply).toMatchObject({
      outcome: "refused",
      detail: "it reads no topic, so there is no subscription to drop",
    });
  });

  test("that nobody knows is refused with those that are known", async () => {
    await stage.start("order-intake", { consumes: [], publishes: [] });
    const reply = await stage.ask("order-intake", "drill", { args: { fault: "melt" } });
    expect(reply.detail).toMatch(/no such fault "melt"; known are crash, .*skewed-clock, end/);
  });
});
