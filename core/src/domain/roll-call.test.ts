import { describe, expect, test } from "vitest";
import { changesBetween } from "./roll-call.ts";
import type { Verdict } from "./verdict.ts";

const roll = (verdicts: Record<string, Verdict>) => ({ verdicts: new Map(Object.entries(verdicts)) });

describe("changesBetween", () => {
  test("names whoever stopped working first, then who works again, then who is no longer called", () => {
    const before = roll({ shipping: "working", billing: "working", invoices: "deaf" });
    expect(changesBetween(before, roll({ billing: "gone", invoices: "working" }))).toEqual([
      { agent: "billing", was: "working", is: "gone" },
      { agent: "invoices", was: "deaf", is: "working" },
      { agent: "shipping", was: "working", is: null },
    ]);
  });

  test("names whoever is new", () => {
    expect(changesBetween(roll({}), roll({ billing: "working" }))).toEqual([
      { agent: "billing", was: null, is: "working" },
    ]);
  });

  test.each<[Verdict, Verdict]>([
    ["working", "busy"],
    ["slow", "working"],
    ["gone", "gone"],
  ])("takes %s and %s for no change", (was, is) => {
    expect(changesBetween(roll({ billing: was }), roll({ billing: is }))).toEqual([]);
  });
});
