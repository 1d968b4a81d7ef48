import type { Browser, BrowserContext, Page } from "playwright-core";

interface Viewing {
  /** `http://127.0.0.1:3000`, of a Grafana or of the stand-in */
  readonly grafana: string;
  readonly width?: number;
  readonly height?: number;
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

/** Pages of the app. */
export const PAGES = [
  ...["overview", "alerts", "agents", "agents?view=tree", "agents/billing", "operations", "requests", "roll-call"],
  ...["bus", "bus/trace/orders.received", "logs", "agents/billing?tab=logs", "diagnostics", "metrics", "audit"],
];

/** All test users of a Grafana have it; the stand-in takes any. */
const PASSWORD = process.env.GRAFANA_E2E_PASSWORD ?? "no password";

/** Signs in by Grafana's form, in a browser of its own. @param user their login at Grafana: `operator` @throws Error if it is refused */
export async function signInto(
  browser: Browser,
  user: string,
  { grafana, width = 1280, height = 900, theme = "dark" }: Viewing,
): Promise<Person> {
  const context = await browser.newContext({ viewport: { width, height } });
  context.setDefaultTimeout(60_000);
  const signedIn = await context.request.post(`${grafana}/login`, { data: { user, password: PASSWORD } });
  if (!signedIn.ok()) throw new Error(`${grafana} does not let ${user} in: ${await signedIn.text()}`);
  const broken: string[] = [];
  return {
    context,
    broken,
    openTab: async (path) => {
      const page = await context.newPage();
      page.on("pageerror", (error) => broken.push(error.message));
      page.on("console", (message) => message.type() === "error" && broken.push(message.text()));
      const address = new URL(`${grafana}/a/rollcall-fleet-app/${path}`);
      address.searchParams.set("theme", theme);
      await page.goto(address.href);
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
