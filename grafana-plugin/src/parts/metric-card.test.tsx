import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { samplePoints } from "../pages/parts-samples.ts";
import { MetricCard } from "./metric-card.tsx";

afterEach(cleanup);

const words = (): string => screen.getByTestId("metric-card").textContent ?? "";

test("a number stands with its unit, its trend against yesterday, its course and what is normal", () => {
  const points = samplePoints(Date.now(), 1);
  const normal = { least: 30, most: 41 };
  render(
    <MetricCard
      label="Events"
      value={50}
      unit="per second"
      at={Date.now()}
      points={points}
      dayBefore={25}
      normal={normal}
      href="/metrics"
    />,
  );
  expect(words()).toBe("Events50 /s ↑ 100 %above normal 30 /s – 41 /s");
  expect(screen.getByRole("img", { name: "Course of Events" })).toBeTruthy();
  expect(screen.getByRole("link", { name: "Events" }).getAttribute("href")).toBe("/metrics");
});

test("what was not measured is a dash and says why, never 0", () => {
  render(<MetricCard label="Waiting" value={null} unit="events" reason="the exporter was not read" at={null} />);
  expect(words()).toContain("—");
  expect(words()).toContain("the exporter was not read");
  expect(words()).not.toMatch(/\d/);
});

test("its age is told once it is older than it should be", () => {
  const card = (seconds: number) => (
    <MetricCard label="Waiting" value={4} unit="events" at={Date.now() - seconds * 1000} freshSeconds={30} />
  );
  const { rerender } = render(card(20));
  expect(words()).not.toContain("old");
  rerender(card(64));
  expect(words()).toContain("64 s old");
});

test("a course breaks where nothing was measured", () => {
  const points = [1, 2, null, 4, 5].map((value, index) => [index, value] as const);
  render(<MetricCard label="Waiting" value={5} unit="events" at={Date.now()} points={points} />);
  const path = screen.getByRole("img", { name: "Course of Waiting" }).querySelector("path")?.getAttribute("d") ?? "";
  expect(path.match(/[ML]/g)?.join("")).toBe("MLML");
});
