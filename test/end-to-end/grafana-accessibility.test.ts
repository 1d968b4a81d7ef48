import { join } from "node:path";
import axe, { type Result } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../chromium.ts";
import { follow, PAGES, type Person, signInto } from "./grafana-tab.ts";
import { stackUnderTest } from "./stack-under-test.ts";

const stack = stackUnderTest();
const { grafana } = stack;
const RESTART = `agents?do=restart&with=${encodeURIComponent('{"who":["archive-writer"]}')}&key=a-look-at-the-form`;

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium(join(stack.dataDir, "tools"));
}, 300_000);
afterAll(() => browser.close());

/** What of axe-core's rules the app breaks, with the first element of each. @param rules all of them if left out */
async function breaks(page: Page, rules?: readonly string[]): Promise<string[]> {
  const found = await page.evaluate(async (only): Promise<Result[]> => {
    // What is around the app is Grafana's.
    const ours = { include: [["main"], ["[role=dialog]"]] };
    const { violations } = await (window as never as { axe: typeof axe }).axe.run(ours, {
      resultTypes: ["violations"],
      ...(only === null ? {} : { runOnly: [...only] }),
    });
    return violations;
  }, rules ?? null);
  return found.map(({ impact, id, nodes }) => `${impact} ${id}: ${nodes[0]?.html}`);
}

async function look(person: Person, rules?: readonly string[]): Promise<Record<string, string[]>> {
  const page = await person.openTab("overview");
  await page.getByText("● live").waitFor();
  await page.evaluate(axe.source);
  const found: Record<string, string[]> = {};
  for (const path of PAGES) {
    await follow(page, path);
    const broken = await breaks(page, rules);
    if (broken.length > 0) found[path] = broken;
  }
  await follow(page, RESTART);
  await page.getByText("Nothing has happened yet.").waitFor();
  const broken = await breaks(page, rules);
  return broken.length > 0 ? { ...found, form: broken } : found;
}

describe("the app in Grafana, to those who see or move otherwise", () => {
  test("every page and a form break none of axe-core's rules", async () => {
    const person = await signInto(browser, "operator", { grafana });
    expect(await look(person)).toEqual({});
    await person.context.close();
  });

  test("words stand out from their background in the light theme too", async () => {
    const person = await signInto(browser, "operator", { grafana, theme: "light" });
    expect(await look(person, ["color-contrast"])).toEqual({});
    await person.context.close();
  });
});
