import { describe, expect, test } from "vitest";
import { PackCounter } from "./pack-counter.ts";
import type { PackLabel, PackMetric } from "./pack-file.ts";

const label = (changes: Partial<PackLabel> = {}): PackLabel => ({
  ...{ name: "city", path: ["city"], values: null, most: 2, ...changes },
});
const metric = (changes: Partial<PackMetric> = {}): PackMetric => ({
  ...{ name: "rollcall_pack_shop_orders_total", help: "Orders", topic: "orders.received", add: null, labels: [] },
  ...changes,
});
const found = (counter: PackCounter) =>
  Object.fromEntries(counter.samples("demo").map(({ labels, value }) => [labels.slice(1).join(), value]));

describe("a counter of a pack", () => {
  test("begins at 0 for every value that is known beforehand", () => {
    const counter = new PackCounter(metric({ labels: [label({ values: ["Riga", "Porto"] })] }));
    expect(found(counter)).toEqual({ Riga: 0, Porto: 0 });
  });

  test("makes no series for values that are not listed, and counts how often", () => {
    const counter = new PackCounter(metric({ labels: [label({ values: ["Riga"] })] }));
    for (const city of ["Riga", "x".repeat(5000), 'a"}\n', "__proto__"]) counter.count({ city });
    expect(found(counter)).toEqual({ Riga: 1, other: 3 });
    expect(counter.bounded).toBe(3);
  });

  test("without a list has series for those values that come first, as many as are allowed", () => {
    const counter = new PackCounter(metric({ labels: [label({ most: 2 })] }));
    for (let index = 0; index < 10_000; index += 1) counter.count({ city: `city ${index}` });
    expect(found(counter)).toEqual({ "city 0": 1, "city 1": 1, other: 9998 });
  });

  test.each([
    [{}, "none"],
    [{ city: null }, "none"],
    [{ city: "" }, "none"],
    [{ city: { name: "Riga" } }, "none"],
    [{ city: 7 }, "7"],
    [{ city: false }, "false"],
  ])("shows %j as %s", (data, shown) => {
    const counter = new PackCounter(metric({ labels: [label()] }));
    counter.count(data);
    expect(found(counter)).toEqual({ [shown]: 1 });
  });

  test("does not take what an object inherits for a field", () => {
    const counter = new PackCounter(metric({ labels: [label({ path: ["constructor", "name"] })] }));
    counter.count({});
    expect(found(counter)).toEqual({ none: 1 });
  });

  test("adds whole cents up exactly, and shows euros", () => {
    const counter = new PackCounter(metric({ add: { path: ["cents"], times: 0.01 } }));
    for (let index = 0; index < 1000; index += 1) counter.count({ cents: 10 });
    expect(found(counter)).toEqual({ "": 100 });
  });

  test.each([[-1], ["5"], [null], [1e13], [Number.NaN]])("adds nothing for %j, and counts that", (cents) => {
    const counter = new PackCounter(metric({ add: { path: ["cents"], times: 1 } }));
    counter.count({ cents });
    expect(found(counter)).toEqual({ "": 0 });
    expect(counter.unusable).toBe(1);
  });

  test("goes on where an earlier process was, with the values that had series then", () => {
    const first = new PackCounter(metric({ labels: [label({ most: 1 })] }));
    for (const city of ["Riga", "Porto"]) first.count({ city });
    const second = new PackCounter(metric({ labels: [label({ most: 1 })] }), first.keep());
    for (const city of ["Porto", "Riga"]) second.count({ city });
    expect(found(second)).toEqual({ Riga: 2, other: 2 });
    expect(second.bounded).toBe(2);
  });

  test("begins anew when it counts something else than before", () => {
    const first = new PackCounter(metric());
    first.count({});
    expect(found(new PackCounter(metric({ topic: "orders.rejected" }), first.keep()))).toEqual({ "": 0 });
  });
});
