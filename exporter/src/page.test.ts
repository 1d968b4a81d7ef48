import { describe, expect, test } from "vitest";
import { compileFleet, expectAgent, Scrape } from "../test/fake-fleet.ts";
import { chooseDetailed } from "./choose-detailed.ts";
import { NOTHING_COLLECTED } from "./collectors/collector-loops.ts";
import { type ExporterState, type Family, fleetFamily } from "./family.ts";
import { Page } from "./page.ts";
import { renderFamily } from "./render.ts";
import { agentFamily, splitFamily, subscriptionFamily, topicHistogram } from "./row-family.ts";
import type { AgentView, Snapshot, TopicView } from "./snapshot.ts";
import { StageTotals } from "./stage-totals.ts";

const agentView = (agent: string, changes: Partial<AgentView> = {}): AgentView => ({
  ...{ labels: ["demo", agent, "orders", "P1", "payments"], rung: 5, provable: 5, health: "healthy" },
  ...{
    verdict: "working",
    activity: "idle",
    beatAt: 1_800_000_000_123,
    beat: null,
    flaps: false,
    plannedWork: null,
    oldestInFlightAt: null,
  },
  ...{ detailed: true, done: 0, failed: 0, ...changes },
});

const topicView = (topic: string, changes: Partial<TopicView> = {}): TopicView => ({
  ...{ topic, added: 7, entries: 7, deadLetters: 0, deadLettersHeld: 0, subscriptions: [] },
  ...{ latency: { latency: [1, 0, 2], latencySumSeconds: 1.25 }, ...changes },
});

const LAYOUT = compileFleet("demo", { agents: [expectAgent("billing")] });
const snapshotOf = (changes: Partial<Snapshot>): Snapshot => ({
  ...{ layout: LAYOUT, fleet: "demo", version: 1, canaryRoundAt: null, agents: [], topics: [], declared: [] },
  ...{ unexpectedAgents: 0, unexpectedGroups: 0, refusedBeats: 0, inboxWaiting: 0, duplicates: [] },
  ...{ stages: new StageTotals(0).view(), desired: { running: 0, stopped: 0, paused: 0 }, ...changes },
});

const stateOf = (page: Page, snapshot: Snapshot | null): ExporterState => ({
  refresh: {
    ...{ snapshot, snapshotAgeSeconds: 1, lastDurationSeconds: 1, problem: null },
    failures: { unreachable: 0, timeout: 0, refused: 0, "no-fleet": 0, "bad-fleet": 0, bug: 0 },
  },
  ...{
    page: page.state(),
    push: null,
    collected: NOTHING_COLLECTED,
    packs: null,
    version: "1",
    uptimeSeconds: 1,
    lastScrapeSeconds: null,
  },
});

const rung = agentFamily({
  name: "rollcall_agent_rung",
  help: "Rung",
  kind: "gauge",
  value: ({ rung: found }) => found,
});
const beat = agentFamily({
  ...{ name: "rollcall_agent_beat_seconds", help: "Beat", kind: "gauge" },
  value: ({ beatAt }) => (beatAt === null ? null : beatAt / 1000),
});
const detail = agentFamily({
  ...{ name: "rollcall_agent_detail", help: "Detail", kind: "gauge", detailed: true, value: () => 1 },
});

function openPage(families: readonly Family[], maxSeries = 1_000_000) {
  const problems: string[] = [];
  const page = new Page(families, { maxSeries, onFamilyProblem: (family) => problems.push(family) });
  const scrape = async (snapshot: Snapshot) => {
    await page.prepare(snapshot);
    const answer = await page.write(stateOf(page, snapshot));
    const text = Buffer.concat(answer.parts).toString();
    answer.release();
    return new Scrape(text);
  };
  return { page, problems, scrape };
}

describe("a page with slots", () => {
  test("shows each value as it is now, also where it grows by a digit, vanishes and comes back", async () => {
    const { scrape } = openPage([rung, beat]);
    const shown = async (changes: Partial<AgentView>) => {
      const found = await scrape(snapshotOf({ agents: [agentView("billing", changes), agentView("invoices")] }));
      expect(found.value("rollcall_agent_rung", { agent: "invoices" })).toBe(5);
      return found.value("rollcall_agent_rung", { agent: "billing" });
    };
    const values = [5, 4, 1234, null, 0, 0.1, 3, Number.POSITIVE_INFINITY, -2];
    const found = [];
    for (const value of values) found.push(await shown({ rung: value }));
    expect(found).toEqual(values.map((value) => value ?? undefined));
  });

  test("keeps a fraction exactly, and no series where nothing is known", async () => {
    const { scrape } = openPage([beat]);
    const agents = [agentView("billing"), agentView("silent", { beatAt: null })];
    const found = await scrape(snapshotOf({ agents }));
    expect(found.value("rollcall_agent_beat_seconds", { agent: "billing" })).toBe(1_800_000_000.123);
    expect(found.series("rollcall_agent_beat_seconds", { agent: "silent" })).toEqual([]);
  });

  test("ends the series of an agent that left, and of its labels when they change", async () => {
    const { scrape } = openPage([rung]);
    await scrape(snapshotOf({ agents: [agentView("billing"), agentView("invoices")] }));
    const moved = agentView("invoices", { labels: ["demo", "invoices", "orders", "P0", "billing-team"] });
    const found = await scrape(snapshotOf({ layout: {}, agents: [moved] }));
    expect(found.series("rollcall_agent_rung")).toEqual([
      'rollcall_agent_rung{agent="invoices",criticality="P0",fleet="demo",group="orders",owner="billing-team"}',
    ]);
  });

  test("writes every kind of family with the same series as one written without slots", async () => {
    const latency = topicHistogram({
      ...{ name: "rollcall_bus_wait_seconds", help: "Wait", bounds: [0.1, 1] },
      value: (topic) => ({ counts: topic.latency.latency, sum: topic.latency.latencySumSeconds }),
    });
    const lost = splitFamily({
      ...{ name: "rollcall_bus_lost_total", help: "Lost", of: "subscriptions", kind: "counter", label: "reason" },
      values: { one: (row) => row.lost?.inHand ?? null, other: (row) => row.lag },
    });
    const lag = subscriptionFamily({ name: "rollcall_bus_lag", help: "Lag", kind: "gauge", value: (row) => row.lag });
    const subscription = {
      topic: "a.b",
      group: "billing",
      lag: 3,
      delivered: 4,
      lagEstimate: null,
      ...{ readAt: null, oldestPendingAt: null, oldestPendingDeliveries: null },
      pending: 1,
      lost: { undelivered: 1, inHand: 12 },
    };
    const topics = [topicView("a.b", { subscriptions: [subscription, { ...subscription, group: "x", lost: null }] })];
    const snapshot = snapshotOf({ agents: [agentView("billing")], topics });
    const families = [rung, latency, lost, lag];
    const { scrape } = openPage(families);
    const plain = families.map(({ ofSnapshot }) => (ofSnapshot === null ? "" : renderFamily(ofSnapshot, snapshot)));
    const series = (text: string) =>
      new Scrape(text.replaceAll(/ +(?=\S+$)/gm, " ")).text
        .split("\n")
        .filter((line) => /^rollcall_(agent|bus)/.test(line));
    expect(series((await scrape(snapshot)).text)).toEqual(series(plain.join("")));
  });

  test("stays as it is for a scraper that is slow, whatever is prepared meanwhile", async () => {
    const { page } = openPage([rung]);
    const snapshots = [1, 2, 3, 4].map((value) => snapshotOf({ agents: [agentView("billing", { rung: value })] }));
    await page.prepare(snapshots[0] as Snapshot);
    const slow = await page.write(stateOf(page, snapshots[0] as Snapshot));
    for (const snapshot of snapshots.slice(1)) await page.prepare(snapshot);
    expect(new Scrape(String(slow.parts[0])).value("rollcall_agent_rung")).toBe(1);
    slow.release();
  });
});

describe("a page, on what it cannot or may not show", () => {
  test("a family that fails is absent, counted and told of once; all others are there", async () => {
    const broken = fleetFamily({
      ...{ name: "rollcall_bus_broken", help: "Broken", labels: [] },
      value: {
        kind: "gauge",
        samples: () => {
          throw new TypeError("a collector has a bug");
        },
      },
    });
    const brokenRows = agentFamily({
      ...{ name: "rollcall_agent_broken", help: "Broken", kind: "gauge" },
      value: ({ labels }) => {
        if (labels[1] === "invoices") throw new TypeError("of one agent only");
        return 1;
      },
    });
    const { page, problems, scrape } = openPage([broken, brokenRows, rung]);
    const snapshot = snapshotOf({ agents: [agentView("billing"), agentView("invoices")] });
    await scrape(snapshot);
    const found = await scrape(snapshot);
    expect(found.series("rollcall_agent_rung")).toHaveLength(2);
    expect([...found.series("rollcall_bus_broken"), ...found.series("rollcall_agent_broken")]).toEqual([]);
    expect(page.state().failures.get("rollcall_bus_broken")).toBe(2);
    expect(page.state().failures.get("rollcall_agent_broken")).toBe(2);
    expect(problems).toEqual(["rollcall_bus_broken", "rollcall_agent_broken"]);
  });

  test("families beyond the limit are left out whole, details first, and their series counted", async () => {
    const { page, scrape } = openPage([detail, rung, beat], 5);
    const found = await scrape(snapshotOf({ agents: [agentView("a"), agentView("b")] }));
    expect(found.series("rollcall_agent_rung")).toHaveLength(2);
    expect(found.series("rollcall_agent_detail")).toEqual([]);
    expect(page.state()).toMatchObject({ series: 4, dropped: { detail: 0, budget: 2 } });
  });

  test("details of agents beyond the budget are left out and counted; what every agent has stays", async () => {
    const { page, scrape } = openPage([detail, rung]);
    const agents = [agentView("a", { detailed: false }), agentView("b"), agentView("c", { detailed: false })];
    const found = await scrape(snapshotOf({ agents }));
    expect(found.series("rollcall_agent_detail")).toHaveLength(1);
    expect(found.value("rollcall_agent_detail", { agent: "b" })).toBe(1);
    expect(found.series("rollcall_agent_rung")).toHaveLength(3);
    expect(page.state().dropped).toEqual({ detail: 2, budget: 0 });
  });
});

describe("chooseDetailed", () => {
  const fleet = () =>
    (["healthy", "off", "unknown", "critical", "degraded", "critical"] as const).map((health, index) => ({
      ...agentView(`agent-${index}`, { health, detailed: false }),
      labels: ["demo", `agent-${index}`, "orders", index === 5 ? "P0" : "P2", "payments"],
    }));
  const chosen = (agents: readonly AgentView[]) =>
    agents.flatMap(({ detailed, labels }) => (detailed ? labels[1] : []));

  test("takes every agent of a fleet up to the set size", () => {
    const agents = fleet();
    chooseDetailed(agents, { detailedAgents: 6, detailedTop: 1 });
    expect(chosen(agents)).toHaveLength(6);
  });

  test.each([
    [1, ["agent-5"]],
    [3, ["agent-3", "agent-4", "agent-5"]],
    [4, ["agent-2", "agent-3", "agent-4", "agent-5"]],
    [0, []],
  ])("takes the %d of a larger one that need somebody most", (detailedTop, wanted) => {
    const agents = fleet();
    chooseDetailed(agents, { detailedAgents: 5, detailedTop });
    expect(chosen(agents)).toEqual(wanted);
  });
});
