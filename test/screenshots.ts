// `npm run screenshots`: pictures of the plugin's pages on the running local stack, for its documents and its catalogue
// page. Something is done first, so that there is something to see.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "./chromium.ts";
import { signInto } from "./end-to-end/grafana-tab.ts";

const root = join(import.meta.dirname, "..");
const dataDir = process.env.ROLLCALL_DATA_DIR ?? join(root, ".rollcall");
const offset = Number(process.env.ROLLCALL_PORT_OFFSET ?? 0);
const grafana = `http://127.0.0.1:${3000 + offset}`;
const api = `http://127.0.0.1:${8080 + offset}/api/v1`;
/** Of those of whom one is sick, so that it is seen in what they wrote. */
const LOGS = "logs?agent=@orders";
const PAGES = [
  ...["overview", "alerts", "agents", "agents/billing", "operations", "requests"],
  ...["roll-call", "bus", LOGS, "diagnostics", "metrics", "audit", "parts"],
];
const PHONE_PAGES = ["overview", "alerts", "agents", "agents/billing", "operations", "requests", LOGS];
/** Who is made sick for the pictures, and restarted after them. */
const SICK = "order-validator";
// The pictures are part of what people download, and each is loaded with the document that shows it.
const MOST_BYTES = 150_000;

interface Screen {
  readonly pages: readonly string[];
  readonly ending: string;
  readonly width: number;
  readonly height: number;
  readonly theme: "dark" | "light";
}

const SCREENS: readonly Screen[] = [
  { pages: PAGES, ending: "", width: 1280, height: 800, theme: "dark" },
  { pages: PHONE_PAGES, ending: "-phone", width: 375, height: 812, theme: "light" },
];

const browser = await launchChromium(join(dataDir, "tools"));
try {
  await makeHistory();
  for (const screen of SCREENS) await photographAll(browser, screen);
  await photographSettings(browser);
} finally {
  await act("restart", { who: [SICK] });
  await browser.close();
}

/** Something that was done, something that fires, and something that waits for a second person. */
async function makeHistory(): Promise<void> {
  await act("diag-run", { suite: "smoke" });
  await act("restart", { who: ["archive-writer"] });
  await act("pause", { who: ["crm-chat"] });
  await act("resume", { who: ["crm-chat"] });
  const { confirm } = await post("restart", { input: { who: ["@content"] } });
  await post("restart", { confirm: confirm?.token, reason: "new release of the content agents" });
  await post("drill", { input: { fault: "hang", id: SICK } });
  await until(`${SICK} fires`, async () => JSON.stringify(await get("incidents")).includes(SICK));
}

interface Told {
  readonly operation?: { readonly id: string; readonly state: string };
  readonly confirm?: { readonly token: string };
}

function headers(): Record<string, string> {
  const { apiTokens } = JSON.parse(readFileSync(join(dataDir, "secrets.json"), "utf8")) as {
    apiTokens: { operator: string };
  };
  return { authorization: `Bearer ${apiTokens.operator}`, "content-type": "application/json" };
}

async function get(path: string): Promise<Told> {
  return (await fetch(`${api}/${path}`, { headers: headers() })).json() as Promise<Told>;
}

/** @throws Error if it is refused */
async function post(command: string, body: object): Promise<Told> {
  const key = { "idempotency-key": `screenshots-${command}-${Date.now()}` };
  const init = { method: "POST", headers: { ...headers(), ...key }, body: JSON.stringify(body) };
  const response = await fetch(`${api}/commands/${command}`, init);
  if (!response.ok) throw new Error(`${command} was refused: ${response.status} ${await response.text()}`);
  return (await response.json()) as Told;
}

/** Runs a command and waits for its end. */
async function act(command: string, input: object): Promise<void> {
  const { operation } = await post(command, { input });
  if (operation === undefined) throw new Error(`${command} has not begun`);
  await until(
    `${operation.id} (${command}) has ended`,
    async () => (await get(`operations/${operation.id}`)).operation?.state === "ended",
  );
}

async function until(fact: string, isTrue: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 120; tries += 1) {
    if (await isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  throw new Error(`not within two minutes: ${fact}`);
}

async function photographAll(from: Browser, screen: Screen): Promise<void> {
  const { width, height, theme } = screen;
  const person = await signInto(from, "operator", { grafana, width, height, theme });
  for (const path of screen.pages) await photograph(await person.openTab(path), path, screen);
  await person.context.close();
}

/** The page of settings is Grafana's own, for its admins; `viewer` is one. */
async function photographSettings(from: Browser): Promise<void> {
  const { context } = await signInto(from, "viewer", { grafana, height: 800 });
  const page = await context.newPage();
  await page.goto(`${grafana}/plugins/rollcall-fleet-app?page=configuration`);
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await page.getByTestId("connection").getByText(/clock/).waitFor();
  await keep(page, "configuration", {});
  await context.close();
}

async function photograph(page: Page, path: string, { ending }: Screen): Promise<void> {
  await page.getByText("● live").first().waitFor();
  if (path === "roll-call") await page.getByRole("button", { name: "Run", exact: true }).click();
  // The page of the shared parts shows a skeleton as one of them.
  if (path !== "parts") await page.waitForFunction(() => document.querySelector('[data-testid="skeleton"]') === null);
  const [name = ""] = path.replaceAll("/", "-").split("?");
  await keep(page, `${name}${ending}`, { fullPage: path === "parts" });
  await page.close();
}

async function keep(page: Page, name: string, how: { readonly fullPage?: boolean }): Promise<void> {
  // Fonts, charts and icons come a little after what they are part of.
  await page.waitForLoadState("load");
  const file = join(root, "grafana-plugin/src/img", `${name}.png`);
  await page.screenshot({ path: file, animations: "disabled", ...how });
  const { size } = statSync(file);
  if (size > MOST_BYTES) throw new Error(`${file} has ${size} bytes, at most ${MOST_BYTES} are allowed`);
  console.log(`${file.slice(root.length + 1)}  ${Math.round(size / 1000)} kB`);
}
