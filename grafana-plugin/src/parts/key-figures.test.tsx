import { type BackendSrv, type BackendSrvRequest, setBackendSrv } from "@grafana/runtime";
import { cleanup, render, screen } from "@testing-library/react";
import { of, throwError } from "rxjs";
import { afterEach, expect, test } from "vitest";
import { KeyFigures, shareOf } from "./key-figures.tsx";

afterEach(cleanup);

const NOW = Date.now();
const points = (values: readonly number[]) =>
  values.map((value, index) => [NOW - (values.length - index) * 5_000, value]);
const series = (measure: string, values: readonly number[]) => ({
  ...{ measure, of: null, unit: "per second", ageSeconds: 2, reason: null },
  points: points(values),
});

test("a figure is that of the last minute, also when the hour was another", async () => {
  const hour = { value: 36, unit: "per second", ageSeconds: 2, reason: null, dayBefore: 40, normal: null };
  const answers: Readonly<Record<string, unknown>> = {
    "figures/key": { figures: { events: hour, handled: hour, errors: hour, latencyP95: hour, waiting: hour } },
    "figures/throughput": {
      series: [series("published", [40, 40, 40, 13]), series("handled", [80, 9]), series("failed", [0, 3])],
    },
  };
  setBackendSrv({
    fetch: ({ url }: BackendSrvRequest) => {
      const body = Object.entries(answers).find(([path]) => url.includes(path))?.[1];
      if (body === undefined) return throwError(() => ({ status: 404, data: null }));
      return of({ status: 200, data: JSON.stringify(body), headers: new Headers() });
    },
  } as unknown as BackendSrv);
  render(<KeyFigures />);
  await screen.findByText("13 /s");
  const cards = screen.getAllByTestId("metric-card").map((card) => card.textContent);
  expect(cards.slice(0, 3)).toEqual(["events/s13 /s ↓ 67 %", "handled/s9.0 /s ↓ 77 %", "error rate25.0 % ↓ 99 %"]);
});

test("where nothing was tried no share of it failed, and none is claimed", () => {
  expect(
    shareOf(
      [
        [1, 0],
        [2, 1],
        [3, null],
      ],
      [
        [1, 0],
        [2, 3],
        [3, 4],
      ],
    ),
  ).toEqual([
    [1, null],
    [2, 0.25],
    [3, null],
  ]);
});
