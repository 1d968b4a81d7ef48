import { from, growing, openOn, PAST, STEP, to, twice } from "@rollcall/test/figures-fixture.ts";
import { beforeAll, describe, expect, test } from "vitest";
import type { Stretch } from "../../figures-contract.ts";
import type { Figures } from "../../ports/figures.ts";

describe("figures of a stretch of time that is over", () => {
  const MINUTE_MS = 60_000;
  const ended = to - 30 * MINUTE_MS;
  const stretch = { rangeSeconds: 600, to: ended };
  /** Measured by the minute after the stretch has ended only. */
  const later = (name: string, labels: Record<string, string>) =>
    twice(
      name,
      labels,
      growing(100).map((value, step) => (from + step * STEP * 1000 > ended ? value : null)),
    );
  let figures: Figures;
  beforeAll(async () => {
    figures = await openOn([...PAST, ...later("rollcall_agent_tasks_total", { agent: "newcomer" })]);
  }, 120_000);

  test("are of that time, and as old as they are", async () => {
    const { series, from: first, to: last } = await figures.throughput({ ...stretch, stepSeconds: 60, top: 1 });
    expect([last - first, Math.floor(ended / MINUTE_MS) * MINUTE_MS]).toEqual([10 * MINUTE_MS, last]);
    expect(series[0]?.points.at(-1)?.[1]).toBeCloseTo(12, 1);
    expect(series[0]?.ageSeconds).toBeGreaterThanOrEqual(1800);
    const { events, rangeSeconds, coveredSeconds } = await figures.latency(stretch);
    expect(events[0]?.count.value).toBeCloseTo(6000, -3);
    expect(events[0]?.count.ageSeconds).toBeGreaterThanOrEqual(1800);
    expect([rangeSeconds, (coveredSeconds.exporter ?? 0) <= 600]).toEqual([600, true]);
  });

  test("know nothing of what came after it", async () => {
    const names = async (asked: Stretch) =>
      (await figures.hotSpots({ ...asked, top: 5 })).busiest.map(({ name }) => name);
    expect(await names(stretch)).toEqual(["billing", "shipping"]);
    expect(await names({ rangeSeconds: 600, to: null })).toContain("newcomer");
  });
});
