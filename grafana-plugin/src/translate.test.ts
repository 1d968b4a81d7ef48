import { expect, test } from "vitest";
import { t } from "./translate.ts";

test("a plural is chosen by its count", () => {
  const agents = (count: number) =>
    t("sample.agents", "{{count}} agents", { count, defaultValue_one: "{{count}} agent" });
  expect([0, 1, 2].map(agents)).toEqual(["0 agents", "1 agent", "2 agents"]);
});

test("what strangers wrote stands in a text as they wrote it, for React to write as text", () => {
  const id = "<b>O'Brien & {{id}}</b> $t(sample.agents)";
  expect(t("sample.select", "Select {{id}}", { id })).toBe(`Select ${id}`);
});
