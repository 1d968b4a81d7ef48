import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../chromium.ts";
import { signInto } from "../end-to-end/grafana-tab.ts";
import type { BenchStack } from "./bench-stack.ts";
import { durationText, type Figure, plain, single } from "./figures.ts";

const FIRST_PAGES = 5;
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

const worst = (samples: readonly number[]): number => Math.max(...samples);

async function measureFirstPages(browser: Browser, grafana: string): Promise<Figure[]> {
  const samples: { cold: Drawn; again: Drawn }[] = [];
  // The one before them makes the stand-in build its pages.
  for (let index = 0; index <= FIRST_PAGES; index += 1) {
    const person = await signInto(browser, "operator", { grafana });
    const tab = await person.openTab("overview");
    const cold = await untilDrawn(tab);
    await tab.close();
    const again = await untilDrawn(await person.openTab("overview"));
    if (index > 0) samples.push({ cold, again });
    await person.context.close();
  }
  const what = "first page: address entered → Overview drawn and live";
  const figure = (cache: string, values: readonly number[], why: string): Figure =>
    single({
      what: `${what}, ${cache}, the worst of ${FIRST_PAGES}`,
      value: worst(values),
      limit: 2000,
      unit: "ms",
      why,
    });
  return [
    figure(
      "nothing cached",
      samples.map(({ cold }) => cold.sinceEntered),
      "2.5 MB of Grafana's own libraries come and are compiled first; browser, stand-in and fleet share two cores",
    ),
    plain(
      "of that the plugin itself, from the request for its first file on",
      durationText(worst(samples.map(({ cold }) => cold.sincePlugin))),
    ),
    figure(
      "in a browser that was there before",
      samples.map(({ again }) => again.sinceEntered),
      "browser, stand-in and fleet share two cores",
    ),
  ];
}

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
