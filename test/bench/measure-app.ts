import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../chromium.ts";
import { signInto } from "../end-to-end/grafana-tab.ts";
import type { BenchStack } from "./bench-stack.ts";
import { durationText, type Figure, percentile, plain, single } from "./figures.ts";

const FIRST_PAGES = 8;
/** The first makes the stand-in build its pages, and a service that has just started compiles what it is asked for. */
const LEFT_OUT = 3;
/** The share of loads by which pages are judged: web.dev/articles/vitals. */
const SHARE = 0.75;
const root = join(import.meta.dirname, "../..");

/** The first page of the app in a real browser. */
export async function measureApp(stack: BenchStack): Promise<Figure[]> {
  const toolsDir = join(process.env.ROLLCALL_DATA_DIR ?? join(root, ".rollcall"), "tools");
  const browser = await launchChromium(toolsDir);
  try {
    return await measureFirstPages(browser, `http://127.0.0.1:${stack.ports.grafana}`);
  } finally {
    await browser.close();
  }
}

async function measureFirstPages(browser: Browser, grafana: string): Promise<Figure[]> {
  const samples: { cold: Drawn; again: Drawn }[] = [];
  for (let index = 0; index < LEFT_OUT + FIRST_PAGES; index += 1) {
    const person = await signInto(browser, "operator", { grafana });
    const tab = await person.openTab("overview");
    const cold = await untilDrawn(tab);
    await tab.close();
    const again = await untilDrawn(await person.openTab("overview"));
    if (index >= LEFT_OUT) samples.push({ cold, again });
    await person.context.close();
  }
  const cold = samples.map((sample) => sample.cold.sinceEntered);
  const again = samples.map((sample) => sample.again.sinceEntered);
  const ofPlugin = samples.map((sample) => sample.cold.sincePlugin);
  return [
    firstPage(
      "nothing cached",
      cold,
      "2.5 MB of Grafana's own libraries come and are compiled first; browser, stand-in and fleet share two cores",
    ),
    plain(
      "of that the plugin itself, from the request for its first file on",
      durationText(percentile(ofPlugin, SHARE)),
    ),
    firstPage("in a browser that was there before", again, "browser, stand-in and fleet share two cores"),
    plain(`the slowest of all ${2 * FIRST_PAGES}`, durationText(Math.max(...cold, ...again))),
  ];
}

const firstPage = (cache: string, samples: readonly number[], why: string): Figure =>
  single({
    what: `first page: address entered → Overview drawn and live, ${cache}, three of four of ${FIRST_PAGES} within`,
    ...{ value: percentile(samples, SHARE), limit: 2000, unit: "ms", why },
  });

interface Drawn {
  /** ms */
  readonly sinceEntered: number;
  /** ms since the plugin's first file was asked for */
  readonly sincePlugin: number;
}

async function untilDrawn(page: Page): Promise<Drawn> {
  const drawn = await page.waitForFunction(() => {
    const isDrawn = document.querySelector('[data-testid="state-line"]') !== null;
    const isWaiting = document.querySelector('[data-testid="skeleton"]') !== null;
    return isDrawn && !isWaiting && document.body.innerText.includes("● live") ? performance.now() : false;
  });
  const sinceEntered = Number(await drawn.jsonValue());
  const asked = await page.evaluate(
    () => performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/module.js"))?.startTime,
  );
  if (asked === undefined) throw new Error("the page has not asked for the plugin");
  return { sinceEntered, sincePlugin: sinceEntered - asked };
}
