import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { renderMetricsPage } from "./metrics-page.ts";

describe("docs/metrics.md", () => {
  test("is what `npm run metrics-page` writes out of the code", async () => {
    const page = readFileSync(join(import.meta.dirname, "../docs/metrics.md"), "utf8");
    expect(page).toBe(await renderMetricsPage());
  });
});
