import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { expectAgent, FakeFleet, type Scrape, scrape } from "../test/fake-fleet.ts";
import { startTestExporter } from "../test/test-exporter.ts";
import type { Exporter } from "./exporter.ts";

const FLEET = "at-size-test";
const TOPICS = 1000;
const READERS = 5;
const SUBSCRIPTIONS = TOPICS * READERS;
const topics = Array.from({ length: TOPICS }, (_, index) => `size.topic-${index}`);
const agents = Array.from({ length: READERS }, (_, index) => expectAgent(`reader-${index}`, { consumes: ["size.*"] }));

describe("an exporter before 1,000 topics with five subscriptions each", () => {
  let fleet: FakeFleet;
  const exporters: Exporter[] = [];

  beforeAll(async () => {
    fleet = new FakeFleet(inject("redisUrl"), FLEET);
    await fleet.clear();
    await fleet.publish({ agents, topics });
    const pipeline = fleet.redis.pipeline();
    for (const [index, topic] of topics.entries()) {
      const stream = fleet.keys.topic(topic);
      pipeline.xadd(stream, "*", "e", "{}").xadd(stream, "*", "e", "{}");
      for (const { id } of agents) pipeline.xgroup("CREATE", stream, id, "0", "MKSTREAM");
      if (index % 2 === 0) pipeline.xreadgroup("GROUP", "reader-1", "reader-1", "COUNT", 1, "STREAMS", stream, ">");
    }
    await pipeline.exec();
  }, 60_000);
  afterAll(async () => {
    await Promise.all(exporters.map((exporter) => exporter.stop()));
    await fleet.clear();
    fleet.close();
  });

  /** Scrapes until every topic is there. */
  async function start(maxSeries: number): Promise<{ exporter: Exporter; found: Scrape }> {
    const exporter = await startTestExporter(inject("redisUrl"), FLEET, {
      ROLLCALL_EXPORTER_MAX_SERIES: String(maxSeries),
      ROLLCALL_EXPORTER_REFRESH_SECONDS: "1",
      ROLLCALL_EXPORTER_MAX_AGE_SECONDS: "60",
    });
    exporters.push(exporter);
    const found = await vi.waitFor(
      async () => {
        const answer = await scrape(exporter.url);
        expect(answer.series("rollcall_bus_events_total")).toHaveLength(TOPICS);
        return answer;
      },
      { timeout: 60_000, interval: 500 },
    );
    return { exporter, found };
  }

  test("shows each of the 5,000 with its own lag and what is in its hands, and leaves nothing out", async () => {
    const { found } = await start(200_000);
    expect(found.series("rollcall_bus_group_lag")).toHaveLength(SUBSCRIPTIONS);
    const of = (index: number, group: string) => ({ topic: topics[index] as string, group });
    expect(found.value("rollcall_bus_group_lag", of(998, "reader-1"))).toBe(1);
    expect(found.value("rollcall_bus_group_pending", of(998, "reader-1"))).toBe(1);
    expect(found.value("rollcall_bus_group_lag", of(999, "reader-1"))).toBe(2);
    expect(found.value("rollcall_bus_group_lag", of(998, "reader-4"))).toBe(2);
    expect(found.value("rollcall_exporter_series_dropped", { reason: "budget" })).toBe(0);
  }, 90_000);

  test("keeps to a smaller budget: topics before subscriptions, whole families, and all that is left out is counted", async () => {
    const { found: whole } = await start(200_000);
    const { found } = await start(12_000);
    expect(found.value("rollcall_exporter_series")).toBeLessThanOrEqual(12_000);
    const ofGroups = [...whole.text.matchAll(/^# TYPE (rollcall_bus_group_\S+) /gm)].map(([, name]) => name as string);
    // The others have a series once their group was asked for more, which takes turns.
    const complete = ofGroups.filter((name) => whole.series(name).length === SUBSCRIPTIONS);
    const counts = complete.map((name) => found.series(name).length);
    const left = counts.filter((count) => count === 0).length;
    expect(left).toBeGreaterThan(0);
    expect(counts.filter((count) => count !== 0 && count !== SUBSCRIPTIONS)).toEqual([]);
    const dropped = found.value("rollcall_exporter_series_dropped", { reason: "budget" });
    expect(dropped).toBeGreaterThanOrEqual(left * SUBSCRIPTIONS);
    const lines = found.text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines.length).toBeLessThan(13_000);
  }, 90_000);
});
