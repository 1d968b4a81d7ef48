import { performance } from "node:perf_hooks";
import { MalformedEvent, type WorkContext } from "@rollcall/agent/index.ts";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { expectAgent, FakeFleet, type Scrape, scrape } from "../exporter/test/fake-fleet.ts";
import { startTestExporter } from "../exporter/test/test-exporter.ts";
import { createStage, type Stage } from "./agent-stage.ts";

const EVENTS = 300;
const BAD = 12;
const TAKEN = 40;
const TOPIC = "stock.reserved";
const READER = { consumes: [TOPIC], publishes: [] };

/** What the handler itself knows of its work: the truth that is published must be the same. */
interface Done {
  readonly seconds: number;
  readonly sincePublishedSeconds: number;
}

let stage: Stage;
let fleet: FakeFleet;
let exporter: Awaited<ReturnType<typeof startTestExporter>>;
let found: Scrape;
const ledger: Done[] = [];
let refused = 0;

/** One that is bad ends at once; the others take from 2 to 41 ms, each its own time. */
async function handle(number: number, publishedAt: number, calls: WorkContext["calls"]): Promise<void> {
  const failed = number % (EVENTS / BAD) === 0;
  calls.count("mail", { failed, remaining: 7 });
  if (failed) {
    refused += 1;
    throw new MalformedEvent("bad on purpose");
  }
  const startedAt = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 2 + (number % 40)));
  const sincePublishedSeconds = ((await stage.now()) - publishedAt) / 1000;
  ledger.push({ seconds: (performance.now() - startedAt) / 1000, sincePublishedSeconds });
}

beforeAll(async () => {
  stage = await createStage(inject("redisUrl"), { billing: READER });
  fleet = new FakeFleet(inject("redisUrl"), stage.fleet);
  const agents = ["billing", "invoices"].map((id) => expectAgent(id, { consumes: [TOPIC] }));
  await fleet.publish({ agents, topics: [TOPIC] });
  exporter = await startTestExporter(inject("redisUrl"), stage.fleet, {
    ROLLCALL_FLEET_KEY: "a fleet key of at least 32 characters",
  });
  // What was before the exporter is not counted, so it comes first.
  await vi.waitFor(async () => expect((await scrape(exporter.url)).value("rollcall_fleet_agents_expected")).toBe(2), {
    timeout: 30_000,
  });
  await stage.start("billing", {
    ...READER,
    handle: {
      [TOPIC]: (event, { calls }) => handle(Number(event.data.number), Number(event.data.publishedAt), calls),
    },
  });
  for (let number = 0; number < EVENTS; number += 1) {
    await stage.publish(TOPIC, { number, publishedAt: await stage.now() });
    // A burst now and then, so that some wait and some do not.
    if (number % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 150));
  }
  // A subscription that took some and does nothing with them.
  const stream = stage.keys.topic(TOPIC);
  await stage.admin.xgroup("CREATE", stream, "invoices", "0");
  await stage.admin.xreadgroup("GROUP", "invoices", "invoices", "COUNT", TAKEN, "STREAMS", stream, ">");
  await vi.waitFor(() => expect(ledger.length + refused).toBe(EVENTS), { timeout: 60_000 });
  await vi.waitFor(
    async () => {
      found = await scrape(exporter.url);
      expect(found.value("rollcall_agent_tasks_total", { agent: "billing" })).toBe(EVENTS - BAD);
      expect(found.value("rollcall_bus_group_pending", { group: "billing" })).toBe(0);
    },
    { timeout: 30_000, interval: 100 },
  );
}, 180_000);
afterAll(async () => {
  await exporter.stop();
  await stage.close();
  fleet.close();
});

/** As Prometheus' histogram_quantile does it: within a bucket the times lie evenly. */
function quantileOf(name: string, share: number): number {
  const buckets = found.series(`${name}_bucket`).map((series) => ({
    bound: Number(/le="([^"]+)"/.exec(series)?.[1]?.replace("+Inf", "Infinity")),
    count: found.value(`${name}_bucket`, { le: /le="([^"]+)"/.exec(series)?.[1] ?? "" }) ?? 0,
  }));
  const ordered = buckets.toSorted((a, b) => a.bound - b.bound);
  const wanted = share * (ordered.at(-1)?.count ?? 0);
  const index = ordered.findIndex(({ count }) => count >= wanted);
  const [below, bucket] = [ordered[index - 1] ?? { bound: 0, count: 0 }, ordered[index]];
  if (bucket === undefined) return Number.NaN;
  return below.bound + ((bucket.bound - below.bound) * (wanted - below.count)) / (bucket.count - below.count);
}

function trueQuantile(values: readonly number[], share: number): number {
  const ordered = values.toSorted((a, b) => a - b);
  return ordered[Math.ceil(share * ordered.length) - 1] ?? Number.NaN;
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

describe("after a known load, what is published is what the agents' own ledgers say", () => {
  test.each<[string, Record<string, string>, number]>([
    ["rollcall_bus_events_total", { topic: TOPIC }, EVENTS],
    ["rollcall_agent_tasks_total", { agent: "billing" }, EVENTS - BAD],
    ["rollcall_agent_tasks_failed_total", { agent: "billing" }, BAD],
    ["rollcall_agent_deliveries_total", { agent: "billing" }, EVENTS],
    ["rollcall_agent_redeliveries_total", { agent: "billing" }, 0],
    ["rollcall_bus_dead_letters_total", { topic: TOPIC }, BAD],
    ["rollcall_bus_dead_letters_held", { topic: TOPIC }, BAD],
    ["rollcall_bus_group_deliveries_total", { group: "billing" }, EVENTS],
    ["rollcall_bus_stream_entries", { topic: TOPIC }, EVENTS],
    ["rollcall_bus_subscriptions_declared", { topic: TOPIC }, 2],
    ["rollcall_bus_subscriptions", { topic: TOPIC }, 2],
    ["rollcall_bus_lost_total", { group: "billing", reason: "undelivered" }, 0],
    ["rollcall_bus_lost_total", { group: "billing", reason: "in-hand" }, 0],
    ["rollcall_bus_group_oldest_pending_deliveries", { group: "invoices" }, 1],
    ["rollcall_agent_in_flight", { agent: "billing" }, 0],
    ["rollcall_agent_api_calls_total", { api: "mail", outcome: "done" }, EVENTS - BAD],
    ["rollcall_agent_api_calls_total", { api: "mail", outcome: "failed" }, BAD],
    ["rollcall_agent_api_calls_remaining", { api: "mail" }, 7],
    ["rollcall_fleet_beats_refused_total", {}, 0],
    ["rollcall_bus_group_lag", { group: "billing" }, 0],
    ["rollcall_bus_group_lag", { group: "invoices" }, EVENTS - TAKEN],
    ["rollcall_bus_group_pending", { group: "invoices" }, TAKEN],
    ["rollcall_bus_group_deliveries_total", { group: "invoices" }, TAKEN],
    ["rollcall_bus_publish_to_handle_seconds_count", { topic: TOPIC }, EVENTS],
    ["rollcall_bus_publish_to_deliver_seconds_count", {}, EVENTS],
    ["rollcall_bus_deliver_to_handle_seconds_count", {}, EVENTS],
    ["rollcall_bus_handle_to_done_seconds_count", {}, EVENTS - BAD],
    ["rollcall_bus_publish_to_done_seconds_count", {}, EVENTS - BAD],
  ])("%s %j is %i", (name, labels, value) => {
    expect(ledger).toHaveLength(EVENTS - BAD);
    expect(refused).toBe(BAD);
    expect(found.value(name, labels)).toBe(value);
  });

  test("the sum of all times in handlers is theirs, and the agent was busy at least so long", () => {
    const truth = sumOf(ledger.map(({ seconds }) => seconds));
    const published = found.value("rollcall_bus_handle_to_done_seconds_sum") ?? 0;
    expect(published).toBeGreaterThanOrEqual(truth);
    // The ways into the handler and out of it are in it too.
    expect(published).toBeLessThan(truth * 1.5);
    expect(found.value("rollcall_agent_busy_seconds_total", { agent: "billing" })).toBeGreaterThanOrEqual(truth);
  });

  test("the oldest event in hand of a subscription is the first that it took", async () => {
    const [first] = await stage.admin.xrange(stage.keys.topic(TOPIC), "-", "+", "COUNT", 1);
    const published = found.value("rollcall_bus_group_oldest_pending_timestamp_seconds", { group: "invoices" }) ?? 0;
    expect(Math.round(published * 1000)).toBe(Number(first?.[0].split("-")[0]));
  });

  test.each([0.5, 0.95, 0.99])("the percentile %d of the time in handlers is within 19 % of theirs", (share) => {
    const truth = trueQuantile(
      ledger.map(({ seconds }) => seconds),
      share,
    );
    const published = quantileOf("rollcall_bus_handle_to_done_seconds", share);
    expect(Math.abs(published - truth)).toBeLessThan(truth * 0.19 + 0.002);
  });

  test.each([0.5, 0.95, 0.99])("the percentile %d of the whole way is within 19 % of theirs", (share) => {
    const truth = trueQuantile(
      ledger.map(({ sincePublishedSeconds }) => sincePublishedSeconds),
      share,
    );
    const published = quantileOf("rollcall_bus_publish_to_done_seconds", share);
    // The bus tells whole milliseconds, and so does the ledger.
    expect(Math.abs(published - truth)).toBeLessThan(truth * 0.19 + 0.002);
  });
});
