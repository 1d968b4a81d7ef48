import { describe, expect, test } from "vitest";
import { type Change, joinDeployments } from "./change.ts";

const NOW = 1_795_142_452_000;
const MINUTE = 60_000;
const change = (known: Partial<Change>): Change => ({
  ...{ id: "ch-2", at: NOW, kind: "version", agents: ["billing"], agentCount: 1 },
  ...{ what: "4.7.1 → 4.7.2", version: "4.7.2", by: null, link: null, ...known },
});
const deployment = (known: Partial<Change> = {}): Change =>
  change({
    ...{ id: "ch-1", at: NOW - 2 * MINUTE, kind: "deployment", what: "deployed 4.7.2", by: "CI" },
    ...{ link: "https://ci.example/7", ...known },
  });

describe("a deployment that was told", () => {
  test("names who made the version that shows up after it, and is not told twice", () => {
    expect(joinDeployments([change({}), deployment()])).toEqual([change({ by: "CI", link: "https://ci.example/7" })]);
  });

  test("may be told a little after its version showed up", () => {
    const late = deployment({ at: NOW + 4 * MINUTE });
    expect(joinDeployments([late, change({})])).toMatchObject([{ id: "ch-2", by: "CI" }]);
  });

  test("stays while one of its agents does not show its version", () => {
    const both = deployment({ agents: ["billing", "invoices"], agentCount: 2 });
    expect(joinDeployments([change({}), both]).map(({ id, by }) => [id, by])).toEqual([
      ["ch-2", "CI"],
      ["ch-1", "CI"],
    ]);
  });

  test.each<[string, Partial<Change>]>([
    ["of another version", { version: "4.8.0" }],
    ["of another agent", { agents: ["invoices"] }],
    ["of an hour before", { at: NOW - 60 * MINUTE }],
    ["that was told long after", { at: NOW + 20 * MINUTE }],
  ])("%s is another change", (_, known) => {
    expect(joinDeployments([change({}), deployment(known)])).toMatchObject([{ by: null }, { id: "ch-1" }]);
  });
});
