import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../chromium.ts";
import { follow, type Person, signInto } from "./grafana-tab.ts";
import { stackUnderTest } from "./stack-under-test.ts";

const stack = stackUnderTest();
const { grafana } = stack;

type Texts = Readonly<Record<string, Readonly<Record<string, string>>>>;
const textsIn = (language: string): [key: string, text: string][] => {
  const file = join(import.meta.dirname, `../../grafana-plugin/src/locales/${language}/rollcall-fleet-app.json`);
  return Object.entries(JSON.parse(readFileSync(file, "utf8")) as Texts).flatMap(([area, texts]) =>
    Object.entries(texts).map(([name, text]): [string, string] => [`${area}.${name}`, text]),
  );
};

/** A single small word may as well be a state or a name that the service says. */
const isOurs = (text: string): boolean => !text.includes("{{") && !/^[a-z]+$/.test(text);

/** Texts that are another in German, each as it would stand on a page, with 0 for its count. */
function onlyEnglish(): string[] {
  const german = new Map(textsIn("de-DE"));
  return textsIn("en-US")
    .filter(([key, text]) => german.get(key) !== text)
    .map(([, text]) => text.replace("({{n}})", "(0)"))
    .filter(isOurs);
}

let browser: Browser;
let person: Person;
beforeAll(async () => {
  browser = await launchChromium(join(stack.dataDir, "tools"));
  person = await signInto(browser, "viewer", { grafana });
  await prefer("de-DE");
}, 300_000);
afterAll(async () => {
  await prefer("");
  await browser.close();
});

/** As one does it on Grafana's page of one's own profile. */
async function prefer(language: string): Promise<void> {
  const answer = await person.context.request.patch(`${grafana}/api/user/preferences`, { data: { language } });
  expect(answer.ok()).toBe(true);
}

/** What the app shows or tells a screen reader, text by text; counts are 0. Reports and measures are the service's. */
const shownIn = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll("main *")]
      .filter((element) => element.closest("[data-testid=report], [data-testid=chart]") === null)
      .flatMap((element) => [
        ...[...element.childNodes]
          .filter(({ nodeType }) => nodeType === Node.TEXT_NODE)
          .map(({ textContent }) => textContent),
        ...["aria-label", "placeholder", "title"].map((name) => element.getAttribute(name)),
      ])
      .map((text) => (text ?? "").trim().replace(/\(\d+\)$/, "(0)")),
  );

/** Where words are of the most lengths, on a screen of a desk too. */
const WIDE = ["overview", "agents"];
const ON_PHONE = [
  ...["overview", "agents", "agents/billing", "operations", "alerts", "requests", "roll-call", "bus", "logs"],
  ...["diagnostics", "metrics", "audit"],
];
const RESTART = `agents?do=restart&with=${encodeURIComponent('{"who":["archive-writer"]}')}&key=in-german`;

test("who prefers German reads it on every page, and it fits", async () => {
  const page = await person.openTab("overview");
  await page.getByRole("heading", { level: 1, name: "Übersicht" }).waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("de-DE");
  const english = new Set(onlyEnglish());
  expect(english.size).toBeGreaterThan(200);
  const found: Record<string, unknown> = {};
  const look = async (path: string): Promise<void> => {
    await follow(page, path);
    const left = (await shownIn(page)).filter((text) => english.has(text));
    const tooWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    if (left.length > 0 || tooWide) found[path] = { left, tooWide };
  };
  for (const path of WIDE) await look(path);
  await page.setViewportSize({ width: 375, height: 812 });
  for (const path of ON_PHONE) await look(path);
  expect(found).toEqual({});
  await follow(page, RESTART);
  await page.getByRole("button", { name: "Nicht jetzt" }).waitFor();
  expect(person.broken).toEqual([]);
});
