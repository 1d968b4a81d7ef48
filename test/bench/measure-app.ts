import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../chromium.ts";
import { follow, signInto } from "../end-to-end/grafana-tab.ts";
import { openGrafanaStage } from "../grafana-stage.ts";
import type { BenchStack } from "./bench-stack.ts";
import { durationText, type Figure, plain, single } from "./figures.ts";
import { measureInteraction } from "./interaction.ts";
import { measureViewers } from "./measure-viewers.ts";
import { simulatedId } from "./simulated-fleet.ts";

const AGENTS = 10_000;
const FIRST_PAGES = 5;
const TIMES = 5;
const root = join(import.meta.dirname, "../..");

/** The app in a real browser. */
export async function measureApp(stack: BenchStack): Promise<Figure[]> {
  const toolsDir = join(process.env.ROLLCALL_DATA_DIR ?? join(root, ".rollcall"), "tools");
  const browser = await launchChromium(toolsDir);
  try {
    const first = await measureFirstPages(browser, `http://127.0.0.1:${stack.ports.grafana}`);
    return [...first, ...(await measureLargeFleet(browser))];
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
      "4.6 MB of Grafana's own libraries come and are compiled first; browser, stand-in and fleet share two cores",
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

async function measureLargeFleet(browser: Browser): Promise<Figure[]> {
  const stage = await openGrafanaStage(AGENTS);
  try {
    const person = await signInto(browser, "operator", { grafana: stage.url });
    const page = await person.openTab("agents");
    await page.getByText(new RegExp(`^${AGENTS} expected`)).waitFor();
    await follow(page, "agents");
    const interactions = await measureInteractions(page);
    const viewers = await measureViewers(stage, page);
    await person.context.close();
    return [...interactions, ...viewers];
  } finally {
    await stage.close();
  }
}

interface Interaction {
  readonly what: string;
  /** What is on the page once it is shown. */
  readonly shown: string;
  readonly act: (page: Page) => Promise<unknown>;
  readonly undo: (page: Page) => Promise<unknown>;
}

const SEARCH = "[data-search]";
const rowOf = (index: number): string => `[data-agent="${simulatedId(index)}"]`;
const search = (page: Page, words: string) => page.locator(SEARCH).first().fill(words);
const LAST = AGENTS - 1;

const INTERACTIONS: readonly Interaction[] = [
  {
    what: "a search is shown",
    shown: rowOf(LAST),
    act: (page) => search(page, simulatedId(LAST)),
    undo: (page) => search(page, ""),
  },
  {
    what: "a row is selected",
    shown: '[role="toolbar"][aria-label="For the selected"]',
    act: (page) =>
      page
        .locator(`${rowOf(0)} label`)
        .first()
        .click(),
    undo: (page) => page.getByRole("button", { name: "Clear", exact: true }).click(),
  },
  {
    what: "the tree by group is shown",
    shown: 'button[aria-expanded="true"]',
    act: (page) => page.getByRole("radio", { name: "By group" }).click(),
    undo: (page) => page.getByRole("radio", { name: "List" }).click(),
  },
  {
    what: "the list is scrolled to its end",
    shown: rowOf(LAST),
    act: (page) => page.locator('ul[aria-label="Agents"]').evaluate((list) => list.parentElement?.scrollTo(0, 1e9)),
    undo: (page) => page.locator('ul[aria-label="Agents"]').evaluate((list) => list.parentElement?.scrollTo(0, 0)),
  },
];

async function measureInteractions(page: Page): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { what, shown, act, undo } of INTERACTIONS) {
    const samples: number[] = [];
    for (let index = 0; index <= TIMES; index += 1) {
      const sample = await measureInteraction(page, { shown, act: () => act(page) });
      if (index > 0) samples.push(sample);
      await undo(page);
      await page.locator(shown).first().waitFor({ state: "detached" });
    }
    figures.push(
      single({
        what: `${AGENTS.toLocaleString("en-US")} agents: ${what}, the worst of ${TIMES}`,
        ...{ value: worst(samples), limit: 100, unit: "ms" },
        why: "two thousand heartbeats a second go on meanwhile on the same two cores",
      }),
    );
  }
  return figures;
}
