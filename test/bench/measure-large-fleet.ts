import { join } from "node:path";
import type { Page } from "playwright-core";
import { launchChromium } from "../chromium.ts";
import { follow, signInto } from "../end-to-end/grafana-tab.ts";
import { openGrafanaStage } from "../grafana-stage.ts";
import { type Figure, single } from "./figures.ts";
import { measureInteraction } from "./interaction.ts";
import { measureViewers } from "./measure-viewers.ts";
import { simulatedId } from "./simulated-fleet.ts";

const AGENTS = 10_000;
const TIMES = 5;
const root = join(import.meta.dirname, "../..");

/** The app in a real browser, and a hundred viewers, before 10,000 simulated agents. */
export async function measureLargeFleet(): Promise<Figure[]> {
  const toolsDir = join(process.env.ROLLCALL_DATA_DIR ?? join(root, ".rollcall"), "tools");
  const [browser, stage] = await Promise.all([launchChromium(toolsDir), openGrafanaStage(AGENTS)]);
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
    await browser.close();
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
        ...{ value: Math.max(...samples), limit: 100, unit: "ms" },
        why: "two thousand heartbeats a second go on meanwhile on the same two cores",
      }),
    );
  }
  return figures;
}
