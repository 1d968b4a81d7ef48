import { Gauge, Histogram, Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { AGENT_LABELS } from "./family.ts";
import { renderFamily } from "./render.ts";

const sorted = (text: string): string[] => text.trim().split("\n").toSorted();
const gauge = (labels: readonly string[], samples: readonly { labels: readonly string[]; value: number }[]) =>
  renderFamily(
    { name: "rollcall_x", help: "Help of it", labels, value: { kind: "gauge", samples: () => samples } },
    {},
  );

describe("renderFamily", () => {
  test.each([1, 0, -1.5, 1e-7, 1e21, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "writes a gauge of %d as prom-client does, labels that need escaping included",
    async (value) => {
      const registers = [new Registry()];
      const theirs = new Gauge({ name: "rollcall_x", help: "Help of it", labelNames: ["a", "b"], registers });
      theirs.set({ a: 'say "hi"\\', b: "two\nlines" }, value);
      const ours = gauge(["a", "b"], [{ labels: ['say "hi"\\', "two\nlines"], value }]);
      expect(sorted(ours)).toEqual(sorted(await theirs.get().then(() => registers[0]?.metrics() ?? "")));
    },
  );

  test("writes a histogram as prom-client does", async () => {
    const register = new Registry();
    const bounds = [0.1, 1, 10];
    const theirs = new Histogram({
      ...{ name: "rollcall_x", help: "Help of it", labelNames: ["topic"], buckets: bounds, registers: [register] },
    });
    for (const value of [0.05, 0.5, 0.5, 5, 50]) theirs.observe({ topic: "orders" }, value);
    const samples = () => [{ labels: ["orders"], counts: [1, 2, 1, 1], sum: 56.05 }];
    const ours = renderFamily(
      { name: "rollcall_x", help: "Help of it", labels: ["topic"], value: { kind: "histogram", bounds, samples } },
      {},
    );
    expect(sorted(ours)).toEqual(sorted(await register.metrics()));
  });

  test("a series without labels has no braces, and a family without series is declared", () => {
    expect(gauge([], [{ labels: [], value: 1 }])).toContain("\nrollcall_x 1\n");
    expect(gauge(["a"], [])).toBe("# HELP rollcall_x Help of it\n# TYPE rollcall_x gauge\n\n");
  });

  test("an agent whose labels change is written with the new ones", () => {
    const before = ["demo", "billing", "orders", "P0", "payments"];
    const after = before.with(4, "shipping");
    expect(gauge(AGENT_LABELS, [{ labels: before, value: 1 }])).toContain('owner="payments"} 1');
    expect(gauge(AGENT_LABELS, [{ labels: before, value: 2 }])).toContain('owner="payments"} 2');
    expect(gauge(AGENT_LABELS, [{ labels: after, value: 3 }])).toContain('owner="shipping"} 3');
  });
});
