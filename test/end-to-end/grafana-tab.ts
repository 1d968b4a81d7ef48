import type { Browser, BrowserContext, Page } from "playwright-core";

interface Viewing {
  /** `http://127.0.0.1:3000` */
  readonly grafana: string;
  readonly width?: number;
  readonly theme?: "dark" | "light";
}

/** What several tabs of one person have in common. */
export interface Person {
  readonly context: BrowserContext;
  /** What broke in any tab: errors of scripts and of the console. */
  readonly broken: readonly string[];
  /** Opens a page of the app. @param path `agents/billing` */
  openTab(path: string): Promise<Page>;
}

/** Somebody who is signed in to Grafana, in a browser of their own. @param key as the stand-in calls them: `operator` */
export async function signInto(
  browser: Browser,
  key: string,
  { grafana, width = 1280, theme = "dark" }: Viewing,
): Promise<Person> {
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  context.setDefaultTimeout(60_000);
  await context.addCookies([{ name: "grafana_session", value: key, url: grafana }]);
  await context.addInitScript((chosen) => localStorage.setItem("rollcall-host.theme", chosen), theme);
  const broken: string[] = [];
  return {
    context,
    broken,
    openTab: async (path) => {
      const page = await context.newPage();
      page.on("pageerror", (error) => broken.push(error.message));
      page.on("console", (message) => message.type() === "error" && broken.push(message.text()));
      await page.goto(`${grafana}/a/rollcall-fleet-app/${path}`);
      return page;
    },
  };
}

/** A link to another page, followed without loading Grafana anew; resolves when the page is drawn. */
export async function follow(page: Page, path: string): Promise<void> {
  const href = `/a/rollcall-fleet-app/${path}`;
  await page.evaluate((target) => {
    const link = document.createElement("a");
    link.href = target;
    document.body.append(link);
    link.click();
    link.remove();
  }, href);
  await page.waitForURL((url) => `${url.pathname}${url.search}` === href);
  await page.waitForFunction(() => document.querySelector('[data-testid="skeleton"]') === null);
}
