import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { simulatedId } from "./bench/simulated-fleet.ts";
import { launchChromium } from "./chromium.ts";
import { follow, type Person, signInto } from "./end-to-end/grafana-tab.ts";
import { type GrafanaStage, openGrafanaStage } from "./grafana-stage.ts";

const SCRIPT = '"><img src=x onerror=window.hit=1><script>window.hit=1</script>';
const LINK = "javascript:window.hit=1";
const FORMULA = '=HYPERLINK("http://evil.test","x")';
const TURNED = "\u202Edesrever\u2066";
const LONG = "w".repeat(100);

const AGENT = simulatedId(0);
const PAGES = [
  ...["overview", "agents", "agents?view=tree", `agents/${AGENT}`, `agents/${AGENT}?tab=configuration`],
  ...["operations", "requests", "roll-call", "bus", "diagnostics", "audit"],
];

let stage: GrafanaStage;
let browser: Browser;
let person: Person;
/** One tab for all: every page is reached as people reach it, without loading Grafana anew. */
let page: Page;
beforeAll(async () => {
  browser = await launchChromium(inject("toolsDir"));
  stage = await openGrafanaStage(3, {
    described: {
      does: `${SCRIPT}${TURNED}${LONG}`.slice(0, 200),
      consequence: `${TURNED}${SCRIPT}`.slice(0, 100),
      runbook: LINK,
      labels: { [SCRIPT.slice(0, 63)]: SCRIPT, formula: FORMULA, turned: TURNED, long: LONG, link: LINK },
    },
    says: { version: SCRIPT.slice(0, 64), host: SCRIPT },
  });
  await pauseWithHostileReason();
  person = await signInto(browser, "operator", { grafana: stage.url });
  page = await person.openTab("agents");
  page.setDefaultTimeout(40_000);
  await page.locator(`[data-agent="${AGENT}"]`).waitFor();
}, 300_000);
afterAll(async () => {
  await browser.close();
  await stage.close();
});

async function pauseWithHostileReason(): Promise<void> {
  const answer = await stage.client.ask("operator", "api/v1/commands/pause", {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": "a-hostile-reason" },
    body: JSON.stringify({ input: { who: [AGENT] }, reason: `${FORMULA}${SCRIPT}${TURNED}` }),
  });
  expect(answer.status).toBe(202);
}

/** Opens what is folded up, as the whole record of a row is; drawn when it resolves. */
const unfold = () =>
  page.evaluate(async () => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
    for (let frame = 0; frame < 3; frame += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
  });

/** What a page must not have. */
const findHarm = () =>
  page.evaluate(() => ({
    hasRun: "hit" in window,
    links: document.querySelectorAll('a[href^="javascript:" i]').length,
    planted: document.querySelectorAll("img[src=x], #root script").length,
    overflow: Math.max(0, document.documentElement.scrollWidth - window.innerWidth),
    isTurned: /[\u202A-\u202E\u2066-\u2069]/.test(document.body.innerText),
  }));
const NO_HARM = { hasRun: false, links: 0, planted: 0, overflow: 0, isTurned: false };

describe("words of strangers on the pages of the plugin", () => {
  test("are shown as they were written", async () => {
    await follow(page, `agents/${AGENT}?tab=configuration`);
    await page.getByText(SCRIPT).first().waitFor();
    await page.getByText(`formula=${FORMULA}`).waitFor();
    await page.getByText("turned=\uFFFDdesrever\uFFFD").waitFor();
  });

  test("are no formula in what is exported", async () => {
    await follow(page, "audit");
    await unfold();
    await page
      .getByText(/HYPERLINK/)
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Export", exact: true }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "CSV" }).click(),
    ]);
    const lines = await readFile(await download.path(), "utf8");
    expect(lines).toContain("HYPERLINK");
    // A cell begins a line, or stands behind a comma, or behind a quotation mark after one of them.
    expect(lines).not.toMatch(/(?:^|,)"?=HYPERLINK/m);
  });

  test.each([1280, 375])("run nothing, lead nowhere, turn nothing round and fit at %i px", async (width) => {
    await page.setViewportSize({ width, height: 900 });
    for (const path of PAGES) {
      await follow(page, path);
      await unfold();
      expect(await findHarm(), path).toEqual(NO_HARM);
    }
    // There is no Prometheus behind this stage, and the metrics' regions say so.
    expect(person.broken.filter((words) => !words.includes("503"))).toEqual([]);
  });
});
