import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../chromium.ts";
import { type FaultProxy, startFaultProxy } from "../fault-proxy.ts";
import { follow, PAGES, type Person, signInto } from "./grafana-tab.ts";
import { stackUnderTest } from "./stack-under-test.ts";

const stack = stackUnderTest();
const { grafana } = stack;
const WIDTHS = [375, 768, 1920];

let browser: Browser;
let person: Promise<Person> | null = null;
let broken: readonly string[] = [];
beforeAll(async () => {
  browser = await launchChromium(join(stack.dataDir, "tools"));
}, 300_000);
afterAll(() => browser.close());
afterEach(async () => {
  await (await person)?.context.close();
  person = null;
  broken = [];
});

/** A tab of somebody who is signed in to Grafana; further tabs of the same test are of the same browser. */
async function openTab(key: string, path: string, width = 1280): Promise<Page> {
  person ??= signInto(browser, key, { grafana, width });
  const opened = await person;
  broken = opened.broken;
  return opened.openTab(path);
}

const pressed = (page: Page, name: string | RegExp) =>
  page.getByRole("button", { name, exact: typeof name === "string" });
const toldOf = async (agent: string): Promise<{ id: string; state: string }[]> => {
  const { body } = await stack.api(`/api/v1/operations?agent=${agent}`);
  return (body as { operations: { id: string; state: string }[] }).operations;
};
const operationsOf = async (agent: string): Promise<string[]> => (await toldOf(agent)).map(({ id }) => id);
const hasEnded = async (agent: string): Promise<boolean> =>
  (await toldOf(agent)).every(({ state }) => state === "ended");

describe("the app in Grafana", () => {
  test.each(WIDTHS)("every page is drawn at %i px, without an error and no wider than the screen", async (width) => {
    const page = await openTab("operator", "overview", width);
    await page.getByText("● live").waitFor();
    for (const path of PAGES) {
      await follow(page, path);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, path).toBeLessThanOrEqual(0);
    }
    expect(broken).toEqual([]);
  });

  test("an agent is restarted from its page by a double click, once, and its stages are followed to the end", async () => {
    const before = await operationsOf("archive-writer");
    const page = await openTab("operator", "agents/archive-writer");
    await pressed(page, "Restart…").click();
    await page.getByText("Nothing has happened yet.").waitFor();
    await pressed(page, "Restart archive-writer").dblclick();
    await page
      .getByTestId("progress-tracker")
      .getByText(/✅ (recovered|done)/)
      .first()
      .waitFor();
    expect((await operationsOf("archive-writer")).filter((id) => !before.includes(id))).toHaveLength(1);
    expect(broken).toEqual([]);
  });

  test("one wish in two tabs, pressed in both, is one operation", async () => {
    const before = await operationsOf("analytics-tracker");
    const wish = `agents?do=restart&with=${encodeURIComponent('{"who":["analytics-tracker"]}')}&key=two-tabs-${Date.now()}`;
    const tabs = await Promise.all([openTab("operator", wish), openTab("operator", wish)]);
    await Promise.all(tabs.map((tab) => pressed(tab, "Restart analytics-tracker").click()));
    for (const tab of tabs) await tab.getByTestId("progress-tracker").waitFor();
    const after = await operationsOf("analytics-tracker");
    expect(after.filter((id) => !before.includes(id))).toHaveLength(1);
  });

  test("an order whose answer is lost, pressed again, is one operation", async () => {
    const before = await operationsOf("crm-chat");
    const page = await openTab("operator", "agents/crm-chat");
    await pressed(page, "Restart…").click();
    await page.getByText("Nothing has happened yet.").waitFor();
    let sent = 0;
    await page.route("**/api/v1/commands/restart", async (route) => {
      sent += 1;
      if (sent > 1) return route.continue();
      await route.fetch();
      return route.abort("connectionreset");
    });
    await pressed(page, "Restart crm-chat").click();
    await page
      .getByText(/^No answer to /)
      .first()
      .waitFor();
    // While it runs a second one of the same agent is refused anyhow.
    await expect.poll(() => hasEnded("crm-chat"), { timeout: 60_000 }).toBe(true);
    await pressed(page, "Restart crm-chat").click();
    await page
      .getByRole("dialog")
      .getByText(/^This wish was accepted before; nothing was done twice\./)
      .waitFor();
    expect(sent).toBe(2);
    expect((await operationsOf("crm-chat")).filter((id) => !before.includes(id))).toHaveLength(1);
  });

  test("a group that is chosen narrows other pages, and follows into another tab", async () => {
    const page = await openTab("operator", "agents");
    const other = await openTab("operator", "agents?context=group:content");
    await page.locator('[data-agent="billing"]').waitFor();
    await page.getByRole("combobox", { name: "Group or agent" }).fill("@orders");
    await page.getByRole("option", { name: /^@orders/ }).click();
    await page.getByText(/^8 expected/).waitFor();
    await follow(page, "overview");
    await page
      .getByTestId("state-line")
      .getByText(/8 expected/)
      .waitFor();
    // Its address named another group.
    await other.getByText(/^8 expected/).waitFor();
    expect(new URL(other.url()).searchParams.get("context")).toBe("group:orders");
  });

  test("any range is chosen as on a dashboard, asked for as it was chosen, and kept by the address", async () => {
    const page = await openTab("operator", "metrics");
    const asked = (query: RegExp) =>
      page.waitForResponse((answer) => query.test(answer.url()) && answer.url().includes("figures/latency"));
    await page.getByRole("button", { name: "Time range selected: Last 1 hour" }).click();
    const [six] = await Promise.all([asked(/\?range=6h$/), page.getByText("Last 6 hours").click()]);
    expect(new URL(page.url()).search).toContain("from=now-6h&to=now");
    const [before] = await Promise.all([
      asked(/\?from=\d+&to=\d+$/),
      page.getByRole("button", { name: "Move time range backwards" }).click(),
    ]);
    const [from, to] = ["from", "to"].map((end) => Number(new URL(page.url()).searchParams.get(end)));
    expect((to ?? 0) - (from ?? 0)).toBe(6 * 3_600_000);
    expect([six.status(), before.status(), broken]).toEqual([200, 200, []]);
    const [again] = await Promise.all([asked(new RegExp(`from=${from}&to=${to}$`)), page.reload()]);
    expect(again.status()).toBe(200);
  });

  test("keys open what may be done and lead to the page above, and do nothing themselves", async () => {
    const page = await openTab("operator", "agents/billing");
    await page.getByRole("button", { name: "More actions" }).waitFor();
    await page.keyboard.press(".");
    await page.getByRole("menuitem", { name: /^Stop…/ }).click();
    await page.getByText("Nothing has happened yet.").waitFor();
    await pressed(page, "Not now").click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await page.waitForURL((url) => url.pathname === "/a/rollcall-fleet-app/agents");
    expect(broken).toEqual([]);
  });

  test("on a phone the four pages are at the bottom, with how many there are", async () => {
    const page = await openTab("operator", "overview", 375);
    const bar = page.getByRole("navigation", { name: "Rollcall pages" });
    await bar.getByRole("link", { name: "Agents 22" }).click();
    await page.locator("[data-agent]").first().waitFor();
    expect(await bar.getByRole("link", { name: /^Agents/ }).getAttribute("aria-current")).toBe("page");
  });

  test("a viewer sees why a button is off, and pressing it does nothing", async () => {
    const page = await openTab("viewer", "agents/billing");
    const restart = pressed(page, "Restart…");
    await restart.hover();
    await page
      .getByText(/operator/)
      .first()
      .waitFor();
    // Pressed although it says that it is off.
    await restart.click({ force: true });
    expect(new URL(page.url()).searchParams.get("do")).toBeNull();
  });

  test("somebody whom Rollcall does not know sees nothing of the fleet, and is told why", async () => {
    const page = await openTab("nobody", "agents");
    await page
      .getByText(/does not know you|may not look at the fleet/)
      .first()
      .waitFor();
    expect(await page.locator("[data-agent]").count()).toBe(0);
  });

  test("while the control service is away, what was known stays, buttons are off, and all comes back", () =>
    throughWay(async (way) => {
      const page = await openTab("operator", "agents/billing");
      await page.getByText("● live").waitFor();
      await page.getByTestId("verdict").waitFor();
      await way.close();
      await expectOff(page);
      await page.getByText(/^◌ stale since/).waitFor();
      await leadTo(stack.address(8080));
      await page.getByText("● live").waitFor();
      await expectOn(page);
    }));

  test("while the control service answers too late, what was known stays, buttons are off, and all comes back", () =>
    throughWay(async (way) => {
      person = signInto(browser, "operator", { grafana });
      await (await person).context.clock.install();
      const page = await openTab("operator", "agents/billing");
      await page.getByText("● live").waitFor();
      await page.getByTestId("verdict").waitFor();
      way.delay(60_000);
      await page.getByTestId("data-testid RefreshPicker run button").click();
      // An answer is waited for 25 s; the stream, which would tell it too, is given up after 40 s of silence.
      await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 26_000);
      await expectOff(page);
      await page.clock.resume();
      way.heal();
      await expectOn(page);
    }));

  test("hostile words of an alert are shown, and run nothing", async () => {
    expect((await tellHostileAlert(Date.now() + 600_000)).status).toBe(200);
    try {
      const page = await openTab("operator", "alerts?name=HostileWords");
      const card = page.getByTestId("incident").filter({ hasText: HOSTILE });
      await card.waitFor({ timeout: 120_000 });
      expect(await card.getByRole("link", { name: "Runbook" }).count()).toBe(0);
      expect(await page.evaluate(() => "hit" in window)).toBe(false);
      expect(broken).toEqual([]);
    } finally {
      await tellHostileAlert(Date.now() - 1_000);
    }
  });
});

/** With a way to the control service between it and Grafana's proxy. */
async function throughWay(work: (way: FaultProxy) => Promise<void>): Promise<void> {
  const way = await startFaultProxy(Number(new URL(stack.address(8080)).port));
  await leadTo(`http://127.0.0.1:${way.port}`);
  try {
    await work(way);
  } finally {
    await leadTo(stack.address(8080));
    await way.close();
  }
}

async function expectOff(page: Page): Promise<void> {
  await page.getByText(/^Not reachable since/).waitFor();
  expect(await pressed(page, "Restart…").getAttribute("aria-disabled")).toBe("true");
  expect(await page.getByTestId("verdict").textContent()).toContain("of 5");
}

async function expectOn(page: Page): Promise<void> {
  await page
    .getByText(/^Not reachable/)
    .first()
    .waitFor({ state: "detached" });
  await expect.poll(() => pressed(page, "Restart…").getAttribute("aria-disabled")).toBe("false");
}

/** Changes where Grafana's proxy leads, as an admin of Grafana can; `viewer` is one. */
async function leadTo(url: string): Promise<void> {
  const { context } = await signInto(browser, "viewer", { grafana });
  const data = { enabled: true, pinned: true, jsonData: { url } };
  const saved = await context.request.post(`${grafana}/api/plugins/rollcall-fleet-app/settings`, { data });
  await context.close();
  if (!saved.ok()) throw new Error(`Grafana does not keep the address: ${await saved.text()}`);
}

const HOSTILE = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>';

/** An alert by the real Alertmanager, as any program that may reach it can send one. */
const tellHostileAlert = (endsAt: number) =>
  sendJson(`${stack.address(9093)}/api/v2/alerts`, [
    {
      labels: { alertname: "HostileWords", severity: "info", criticality: "P3", fleet: "demo", note: HOSTILE },
      annotations: { summary: HOSTILE, runbook_url: "javascript:window.hit=1" },
      endsAt: new Date(endsAt).toISOString(),
    },
  ]);

const sendJson = (url: string, body: unknown) =>
  fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
