import { expect, test } from "vitest";
import { importedFrom } from "./imports.ts";

test("what the plugin takes of Grafana's libraries is known by name, in order, once, and without types", () => {
  const taken = importedFrom("@grafana/data");
  expect(taken).toContain("AppPlugin");
  expect(taken).not.toContain("GrafanaTheme2");
  expect(taken).toEqual([...new Set(taken)].toSorted());
});

test("of a module that nobody imports nothing is taken", () => {
  expect(importedFrom("@grafana/scenes")).toEqual([]);
});
