// `npm run picture`: breaks one agent of the running local stack, restarts it from the Slack page as a person on a phone
// would, and writes the card's picture for the README.
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { launchChromium } from "./chromium.ts";

const AGENT = "order-validator";
const root = join(import.meta.dirname, "..");
const dataDir = process.env.ROLLCALL_DATA_DIR ?? join(root, ".rollcall");
const offset = Number(process.env.ROLLCALL_PORT_OFFSET ?? 0);

const browser = await launchChromium(join(dataDir, "tools"));
try {
  const page = await browser.newPage({ viewport: { width: 375, height: 812 }, deviceScaleFactor: 2 });
  await breakAgent();
  const card = await restartFromPage(page);
  await mkdir(join(root, "docs/images"), { recursive: true });
  await card.screenshot({ path: join(root, "docs/images/recovered-card.png") });
  console.log("docs/images/recovered-card.png written");
} finally {
  await browser.close();
}

async function breakAgent(): Promise<void> {
  const { apiTokens } = JSON.parse(readFileSync(join(dataDir, "secrets.json"), "utf8")) as {
    apiTokens: { operator: string };
  };
  const response = await fetch(`http://127.0.0.1:${8080 + offset}/api/v1/commands/drill`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${apiTokens.operator}`,
      "content-type": "application/json",
      "idempotency-key": `picture-${Date.now()}`,
    },
    body: JSON.stringify({ input: { fault: "hang", id: AGENT } }),
  });
  if (response.status !== 202) throw new Error(`the drill was refused: ${response.status} ${await response.text()}`);
}

async function restartFromPage(page: Page): Promise<Locator> {
  await page.goto(`http://127.0.0.1:${8090 + offset}`);
  await page.getByRole("button", { name: "#fleet-alerts" }).click();
  const firing = page.locator("li.message", { hasText: `${AGENT} is alive but not consuming` }).last();
  await firing.getByRole("button", { name: /^Restart/ }).waitFor({ timeout: 120_000 });
  // Its words change from here on: from now on it is known by its time.
  const card = page.locator(`li.message[data-ts="${await firing.getAttribute("data-ts")}"]`);
  await card.getByRole("button", { name: /^Restart/ }).click();
  await page
    .locator("dialog.confirm")
    .getByRole("button", { name: /^Restart/ })
    .click();
  await card.getByText("recovered in").waitFor({ timeout: 120_000 });
  return card;
}
