// `npm run screenshots`: pictures of the plugin's pages on the running local stack, for its documents and its catalogue
// page. Something is done first, so that there is something to see.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { launchChromium } from "./chromium.ts";

const root = join(import.meta.dirname, "..");
const dataDir = process.env.ROLLCALL_DATA_DIR ?? join(root, ".rollcall");
const offset = Number(process.env.ROLLCALL_PORT_OFFSET ?? 0);
const grafana = `http://127.0.0.1:${3000 + offset}`;
const PAGES = [
  "overview",
  "agents",
  "agents/billing",
  "operations",
  "roll-call",
  "bus",
  "diagnostics",
  "metrics",
  "audit",
];

const browser = await launchChromium(join(dataDir, "tools"));
try {
  await act("diag-run", { suite: "smoke" });
  await act("restart", { who: ["archive-writer"] });
  for (const page of PAGES) await photograph(browser, { page, width: 1280, height: 800, theme: "dark" });
  await photograph(browser, { page: "overview", width: 375, height: 812, theme: "light" });
} finally {
  await browser.close();
}

/** Runs a command and waits for its end. */
async function act(command: string, input: object): Promise<void> {
  const { apiTokens } = JSON.parse(readFileSync(join(dataDir, "secrets.json"), "utf8")) as {
    apiTokens: { operator: string };
  };
  const headers = {
    authorization: `Bearer ${apiTokens.operator}`,
    "content-type": "application/json",
    "idempotency-key": `screenshots-${command}-${Date.now()}`,
  };
  const api = `http://127.0.0.1:${8080 + offset}/api/v1`;
  const init = { method: "POST", headers, body: JSON.stringify({ input }) };
  const response = await fetch(`${api}/commands/${command}`, init);
  if (!response.ok) throw new Error(`${command} was refused: ${response.status} ${await response.text()}`);
  const { id } = ((await response.json()) as { operation: { id: string } }).operation;
  for (let tries = 0; tries < 120; tries += 1) {
    const { operation } = (await (await fetch(`${api}/operations/${id}`, { headers })).json()) as {
      operation: { state: string };
    };
    if (operation.state === "ended") return;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  throw new Error(`${id} (${command}) has not ended`);
}

interface Shot {
  readonly page: string;
  readonly width: number;
  readonly height: number;
  readonly theme: "dark" | "light";
}

async function photograph(from: Browser, { page: path, width, height, theme }: Shot): Promise<void> {
  const context = await from.newContext({ viewport: { width, height } });
  context.setDefaultTimeout(120_000);
  await context.addCookies([{ name: "grafana_session", value: "operator", url: grafana }]);
  await context.addInitScript((chosen) => localStorage.setItem("rollcall-host.theme", chosen), theme);
  const page = await context.newPage();
  await page.goto(`${grafana}/a/rollcall-fleet-app/${path}`);
  await page.getByText("● live").waitFor();
  if (path === "roll-call") await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.waitForFunction(() => document.querySelector('[data-testid="skeleton"]') === null);
  const name = `${path.replaceAll("/", "-")}${width < 500 ? "-phone" : ""}.png`;
  const file = join(root, "grafana-plugin/src/img", name);
  await page.screenshot({ path: file });
  console.log(file.slice(root.length + 1));
  await context.close();
}
