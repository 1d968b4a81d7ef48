import { describe, expect, test } from "vitest";
import { lineIn, logRangeIn, logSearchOf, nameOfLine, stepOf, wordsOf } from "./log-search.ts";

const asked = (address: string, context: Parameters<typeof logSearchOf>[2] = null) => {
  const query = new URLSearchParams(address);
  return Object.fromEntries(new URLSearchParams(logSearchOf(query, logRangeIn(query), context)));
};
const ORDERS = { kind: "group", name: "orders" } as const;
const BILLING = { kind: "agent", name: "billing" } as const;

describe("what the address of the page asks the service for", () => {
  test.each([
    ["", null, { range: "30m" }],
    ["from=now-6h&to=now", null, { range: "6h" }],
    ["from=1795142452000&to=1795142453000", null, { from: "1795142452000", to: "1795142453000" }],
    ["from=1795142452000", null, { from: "1795142452000" }],
    ["agent=billing&q=disk%20full", null, { who: "billing", q: "disk full", range: "30m" }],
    ["agent=billing&from=later", null, { who: "billing", range: "30m" }],
    ["level=error&service=control-service", null, { level: "error", source: "control-service", range: "30m" }],
    ["level=nonsense", null, { range: "30m" }],
    ["q=/time.*out/", null, { pattern: "time.*out", range: "30m" }],
    [
      "trace=0af7&run=r-1&operation=op-481&field=order:77",
      null,
      {
        ...{ trace: "0af7", run: "r-1", operation: "op-481", field: "order:77", range: "30m" },
      },
    ],
    ["", ORDERS, { who: "@orders", range: "30m" }],
    ["", BILLING, { who: "billing", range: "30m" }],
    ["agent=crm-chat", BILLING, { who: "crm-chat", range: "30m" }],
    ["service=exporter", BILLING, { source: "exporter", range: "30m" }],
    ["trace=0af7", ORDERS, { trace: "0af7", range: "30m" }],
  ])("%s, looking at %j", (address, context, expected) => expect(asked(address, context)).toEqual(expected));
});

test("a phrase in quotes is one word, and a pattern is none", () => {
  const words = (q: string) => wordsOf(new URLSearchParams({ q }));
  expect(words('disk "no space left" full')).toEqual(["disk", "no space left", "full"]);
  expect(words("/time.*out/")).toEqual([]);
});

test.each([
  ["now-5m", 5],
  ["now-30m", 30],
  ["now-24h", 1800],
  ["now-30d", 43_200],
])("the chart of %s has at most sixty bars, each of %i s", (from, step) =>
  expect(stepOf(logRangeIn(new URLSearchParams({ from, to: "now" })))).toBe(step),
);

describe("a line in an address", () => {
  const read = (line: string) => lineIn(new URLSearchParams({ line }));

  test("is found again by its moment and its id", () => {
    const line = { at: 1_795_142_452_123, id: "4711" };
    expect(read(nameOfLine(line))).toEqual(line);
  });

  test.each(["", "4711", "1795142452123", "1795142452123.", "x.4711"])("%j is none", (text) =>
    expect(read(text)).toBeNull(),
  );
});
