import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../chromium.ts";
import { stackUnderTest } from "./stack-under-test.ts";

const stack = stackUnderTest();
const grafana = stack.address(3000);
const WIDTHS = [375, 768, 1920];
const PAGES = ["overview", "alerts", "agents", "agents/billing", "operations", "requests", "roll-call"];

let browser: Browser;
let context: BrowserContext | null = null;
let broken: string[] = [];
beforeAll(async () => {
  browser = await launchChromium(join(stack.dataDir, "tools"));
}, 300_000);
afterAll(() => browser.close());
afterEach(async () => {
  await context?.close();
  context = null;
  broken = [];
});

/** A tab of somebody who is signed in to Grafana; what breaks in it is remembered. */
async function openTab(person: string, path: string, width = 1280): Promise<Page> {
  context ??= await browser.newContext({ viewport: { width, height: 900 } });
  context.setDefaultTimeout(60_000);
  await context.addCookies([{ name: "grafana_session", value: person, url: grafana }]);
  const page = await context.newPage();
  page.on("pageerror", (error) => broken.push(error.message));
  page.on("console", (message) => message.type() === "error" && broken.push(message.text()));
  await page.goto(`${grafana}/a/rollcall-fleet-app/${path}`);
  return page;
}

const pressed = (page: Page, name: string | RegExp) =>
  page.getByRole("button", { name, exact: typeof name === "string" });
const operationsOf = async (agent: string): Promise<string[]> => {
  const { body } = await stack.api(`/api/v1/operations?agent=${agent}`);
  return (body as { operations: { id: string }[] }).operations.map(({ id }) => id);
};

describe("the app in Grafana", () => {
  test.each(WIDTHS)("every page is drawn at %i px, without an error and no wider than the screen", async (width) => {
    for (const path of PAGES) {
      const page = await openTab("operator", path, width);
      await page.getByText("● live").waitFor();
      await expect.poll(() => page.getByTestId("skeleton").count()).toBe(0);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, path).toBeLessThanOrEqual(0);
      await page.close();
    }
    expect(broken).toEqual([]);
  });

  test("an agent is restarted from its page, and its stages are followed to the end", async () => {
    const page = await openTab("operator", "agents/archive-writer");
    await pressed(page, "Restart…").click();
    await page.getByText("Nothing has happened yet.").waitFor();
    await pressed(page, "Restart archive-writer").dblclick();
    await page
      .getByTestId("progress-tracker")
      .getByText(/✅ (recovered|done)/)
      .first()
      .waitFor();
    expect(broken).toEqual([]);
  });

  test("one wish in two tabs, pressed in both, is one operation", async () => {
    const before = await operationsOf("analytics-tracker");
    const wish = `agents?do=restart&with=${encodeURIComponent('{"who":["analytics-tracker"]}')}&key=two-tabs-one-wish`;
    const tabs = await Promise.all([openTab("operator", wish), openTab("operator", wish)]);
    await Promise.all(tabs.map((tab) => pressed(tab, "Restart analytics-tracker").click()));
    for (const tab of tabs) await tab.getByTestId("progress-tracker").waitFor();
    const after = await operationsOf("analytics-tracker");
    expect(after.filter((id) => !before.includes(id))).toHaveLength(1);
  });

  test("a viewer sees why a button is off, and pressing it does nothing", async () => {
    const page = await openTab("viewer", "agents/billing");
    const restart = pressed(page, "Restart…");
    await restart.hover();
    await page
      .getByText(/operator/)
      .first()
      .waitFor();
    await restart.click();
    expect(new URL(page.url()).searchParams.get("do")).toBeNull();
  });

  test("somebody whom Rollcall does not know is told so, and whom to ask", async () => {
    const page = await openTab("nobody", "overview");
    await page
      .getByText(/does not know you|needs the role/)
      .first()
      .waitFor();
  });
});
