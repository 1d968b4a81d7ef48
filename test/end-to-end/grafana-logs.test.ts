import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createLogStore } from "@rollcall/core/adapters/postgres/log-store.ts";
import { createPool, type Pool } from "@rollcall/core/adapters/postgres/pool.ts";
import type { LogLine } from "@rollcall/core/domain/log-line.ts";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../chromium.ts";
import { type Person, signInto } from "./grafana-tab.ts";
import { stackUnderTest } from "./stack-under-test.ts";

const stack = stackUnderTest();
const { grafana } = stack;
/** A place of its own, beside those that the stack reads. */
const PLACE = `end-to-end ${Date.now()}`;
const HOSTILE = `<img src=x onerror="window.hit=1"><script>window.hit=1</script> \u001b[31m \u202Etxt.exe ${"x".repeat(7_900)}`;

let browser: Browser;
let pool: Pool;
let before: string | null = null;
let people: Person[] = [];
beforeAll(async () => {
  browser = await launchChromium(join(stack.dataDir, "tools"));
  pool = createPool({ url: stack.databaseUrl, name: "end-to-end", size: 2 });
}, 300_000);
afterAll(async () => {
  await browser.close();
  await pool.query("delete from log_cursors where source = $1", [PLACE]);
  await pool.end();
});
afterEach(async () => {
  for (const { context } of people) await context.close();
  people = [];
});

async function openTab(path: string, width = 1280): Promise<{ page: Page; broken: readonly string[] }> {
  const person = await signInto(browser, "operator", { grafana, width });
  people.push(person);
  const page = await person.openTab(path);
  await page.getByText("● live").first().waitFor();
  return { page, broken: person.broken };
}

const NO_WORDS = { trace: null, run: null, operation: null, fields: {} } as const;

/** Keeps lines as whoever reads them from their places does, a thousand at a time. */
async function write(lines: readonly Partial<LogLine>[]): Promise<void> {
  const store = createLogStore(pool);
  for (let first = 0; first < lines.length; first += 1_000) {
    const after = `${Date.now()} ${first}`;
    const some = lines.slice(first, first + 1_000).map((line) => ({
      source: "billing",
      kind: "agent",
      at: Date.now(),
      level: "info",
      text: "",
      ...NO_WORDS,
      ...line,
    }));
    expect(await store.keep({ source: PLACE, before, after, lines: some as LogLine[] })).toBe(true);
    before = after;
  }
}

/** A word that no other line has. */
const word = (): string => `word${Math.random().toString(36).slice(2)}`;
const rowsOf = (page: Page) => page.locator("[data-line]");
const list = (page: Page) => page.getByTestId("log-lines");

describe("the page of logs", () => {
  test("finds a line by its words, opens it, and another tab opens the same by its link", async () => {
    const only = word();
    await write([{ text: `cannot read key.pem ${only}`, level: "error", operation: "op-1", fields: { order: "77" } }]);
    const { page, broken } = await openTab("logs");
    await page.getByRole("textbox", { name: /^Words/ }).fill(only);
    await page.keyboard.press("Enter");
    await expect.poll(() => rowsOf(page).count()).toBe(1);
    await rowsOf(page).click();
    const detail = page.getByTestId("log-detail");
    await detail.getByText("cannot read key.pem").waitFor();
    expect(await detail.getByRole("link", { name: "op-1" }).getAttribute("href")).toContain("/operations/op-1");
    const { pathname, search } = new URL(page.url());
    const other = await openTab(`${pathname.split("/").at(-1)}${search}`);
    await other.page.getByTestId("log-detail").getByText("cannot read key.pem").waitFor();
    expect([...broken, ...other.broken]).toEqual([]);
  });

  test("shows new lines by itself, keeps what one reads in its place, and says how many wait", async () => {
    const only = word();
    await write(Array.from({ length: 100 }, (_, index) => ({ text: `${only} old ${index}` })));
    const { page } = await openTab(`logs?q=${only}`);
    await page.getByText(`${only} old 99`).waitFor();
    await write([{ text: `${only} while one looks on` }]);
    await page.getByText(`${only} while one looks on`).waitFor();
    await list(page).evaluate((box) => {
      box.scrollTop = 500;
    });
    await page.getByRole("button", { name: "newest ▾" }).waitFor();
    const shown = await rowsOf(page).first().textContent();
    await write(Array.from({ length: 12 }, (_, index) => ({ text: `${only} meanwhile ${index}` })));
    await page.getByRole("button", { name: "12 new ▾" }).waitFor();
    expect(await rowsOf(page).first().textContent()).toBe(shown);
    await page.getByRole("button", { name: "12 new ▾" }).click();
    await page.getByText(`${only} meanwhile 11`).waitFor();
    expect(await page.getByRole("button", { name: /▾$/ }).count()).toBe(0);
  });

  test("leads through ten thousand lines to the first one, and never has more rows than are seen", async () => {
    const only = word();
    const at = Date.now() - 600_000;
    await write(Array.from({ length: 10_000 }, (_, index) => ({ at: at + index, text: `${only} ${index} of them` })));
    const { page, broken } = await openTab(`logs?q=${only}`);
    await page.getByText(`${only} 9999 of them`).waitFor();
    await expect
      .poll(async () => {
        await list(page).evaluate((box) => {
          box.scrollTop = 0;
        });
        return list(page).getByRole("status").textContent();
      })
      .toBe("10000 lines, all of this time");
    await page.getByText(`${only} 0 of them`).waitFor();
    expect(await rowsOf(page).count()).toBeLessThan(80);
    expect(broken).toEqual([]);
  });

  test("keeps the line that one reads where it is when older ones come before it", async () => {
    const only = word();
    const at = Date.now() - 600_000;
    await write(Array.from({ length: 1_000 }, (_, index) => ({ at: at + index, text: `${only} ${index} of them` })));
    const { page } = await openTab(`logs?q=${only}`);
    await page.getByText(`${only} 999 of them`).waitFor();
    const read = await list(page).evaluate(async (box) => {
      box.scrollTop = 390;
      await new Promise((resolve) => setTimeout(resolve, 20));
      const first = box.getBoundingClientRect().top + 100;
      const row = [...box.querySelectorAll("[data-line]")].find((one) => one.getBoundingClientRect().top > first);
      return { id: row?.getAttribute("data-line"), top: row?.getBoundingClientRect().top ?? 0 };
    });
    await page.getByText(/^700 lines/).waitFor({ state: "attached" });
    const row = page.locator(`[data-line="${read.id}"]`);
    const now = await row.evaluate((one) => one.getBoundingClientRect().top);
    expect(Math.abs(now - read.top)).toBeLessThan(2);
  });

  test("shows what a real agent writes while it starts", async () => {
    const { page, broken } = await openTab(`logs?agent=analytics-tracker&from=${Date.now()}`);
    await page.getByText(/^No line in these/).waitFor();
    expect((await stack.command("restart", { who: ["analytics-tracker"] })).status).toBe(202);
    await rowsOf(page).filter({ hasText: "analytics-tracker" }).filter({ hasText: "started" }).first().waitFor();
    expect(broken).toEqual([]);
  });

  test("shows a line that a link names among those about it", async () => {
    const only = word();
    const at = Date.now() - 600_000;
    await write(Array.from({ length: 150 }, (_, index) => ({ at: at + index, text: `${only} ${index} of them` })));
    const { rows } = await pool.query<{ id: string }>("select id from log_lines where text = $1", [
      `${only} 50 of them`,
    ]);
    const { page } = await openTab(`logs?q=${only}&line=${at + 50}.${rows[0]?.id}`);
    await page.getByTestId("log-detail").getByText(`${only} 50 of them`).waitFor();
    await page.locator(`[data-line="${rows[0]?.id}"][aria-current]`).waitFor();
  });

  test("is exported whole, as it is narrowed", async () => {
    const only = word();
    await write(Array.from({ length: 300 }, (_, index) => ({ text: `${only} ${index}, and "more"` })));
    await write([{ text: `${only} of another`, source: "crm-chat" }]);
    const { page } = await openTab(`logs?q=${only}&agent=billing`);
    await page.getByRole("button", { name: "Export" }).click();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "JSON Lines" }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("logs.jsonl");
    const lines = (await readFile(await file.path(), "utf8")).trim().split("\n");
    expect(lines).toHaveLength(300);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ text: `${only} 0, and "more"`, source: "billing" });
  });

  test("is reached by its keys from any page", async () => {
    const { page } = await openTab("overview");
    await page.keyboard.press("r");
    await page.keyboard.press("l");
    await page.waitForURL((url) => url.pathname === "/a/rollcall-fleet-app/logs");
    await page.getByRole("switch", { name: "Live" }).waitFor();
  });
});

describe("lines of hostile agents", () => {
  test.each([375, 768, 1920])(
    "are shown at %i px, run nothing, and break neither the page nor axe-core's rules",
    async (width) => {
      const only = word();
      const levels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
      await write(
        levels.map((level) => ({ level, text: `${only} ${HOSTILE}`, fields: { [HOSTILE.slice(0, 90)]: HOSTILE } })),
      );
      const { page, broken } = await openTab(`logs?q=${only}`, width);
      await expect.poll(() => rowsOf(page).count()).toBe(6);
      await page.evaluate(axe.source);
      const check = async (): Promise<void> => {
        expect(await page.evaluate(() => "hit" in window)).toBe(false);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(
          0,
        );
        expect(await breaks(page)).toEqual([]);
      };
      await check();
      await rowsOf(page).last().click();
      await page.getByTestId("log-detail").waitFor();
      await check();
      expect(broken).toEqual([]);
    },
  );
});

/** What of axe-core's rules is broken within the app. */
const breaks = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const ours = { include: [["main"], ["[role=dialog]"]] };
    const { violations } = await (window as never as { axe: typeof axe }).axe.run(ours, {
      resultTypes: ["violations"],
    });
    return violations.map(({ impact, id, nodes }) => `${impact} ${id}: ${nodes[0]?.html}`);
  });
