import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../chromium.ts";
import { signInto } from "./grafana-tab.ts";
import { stackUnderTest } from "./stack-under-test.ts";

const stack = stackUnderTest();
const grafana = stack.address(3000);
const BOARDS = ["Executive", "Operations", "SRE", "Business", "Agent", "Event bus", "Capacity"];

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium(join(stack.dataDir, "tools"));
}, 300_000);
afterAll(() => browser.close());

describe("the dashboards that come with the plugin", () => {
  test("are drawn from the running Prometheus, every panel, without an error", async () => {
    const person = await signInto(browser, "viewer", { grafana });
    const page = await person.openTab("overview");
    await page.getByRole("navigation", { name: "Navigation" }).getByRole("link", { name: "Dashboards" }).click();
    const boards = page.getByRole("navigation", { name: "Dashboards" });
    for (const board of BOARDS) {
      await boards.getByRole("link", { name: board, exact: true }).click();
      await page.getByRole("heading", { level: 1, name: `Rollcall / ${board}` }).waitFor();
      await page.waitForFunction(() => {
        const panels = [...document.querySelectorAll('[data-testid="panel"]')];
        return panels.length > 5 && panels.every((panel) => panel.getAttribute("data-state") !== "asking");
      });
      expect(await page.locator('[data-testid="panel"][data-state="broken"]').count(), board).toBe(0);
      expect(await page.getByText(/This page draws no panel of the type/).count(), board).toBe(0);
      // Some things have not been measured on a fleet that began just now; most have.
      const panels = await page.getByTestId("panel").count();
      expect(await page.getByTestId("not-measured").count(), board).toBeLessThan(panels / 2);
    }
    expect(person.broken).toEqual([]);
    await person.context.close();
  });
});
