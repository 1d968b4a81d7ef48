import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { launchChromium } from "@rollcall/test/chromium.ts";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { buildPages } from "./host/build.ts";
import { createGrafanaStandIn, type GrafanaStandIn } from "./stand-in.ts";

let upstream: Server;
let address: string;
let grafana: GrafanaStandIn;
let browser: Browser;
const secrets: unknown[] = [];
beforeAll(async () => {
  browser = await launchChromium(inject("toolsDir"));
  upstream = createServer((request, response) => {
    secrets.push(request.headers["x-rollcall-grafana-secret"]);
    response.setHeader("content-type", "application/json");
    if (request.url === "/health") return response.end('{"status":"healthy","version":"0.1.0"}');
    response.statusCode = 401;
    const detail = { found: null, allowed: [], next: null, id: "r-1" };
    return response.end(JSON.stringify({ code: "unauthenticated", message: "no such secret", ...detail }));
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const built = buildPages();
  grafana = await createGrafanaStandIn({ port: 0, upstream: address, pluginSecret: "a secret, for tests", built });
  await built;
}, 300_000);
afterAll(async () => {
  await browser.close();
  await grafana.close();
  upstream.close();
});

async function openPage(person: string, path: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  context.setDefaultTimeout(60_000);
  await context.addCookies([{ name: "grafana_session", value: person, url: grafana.url }]);
  const page = await context.newPage();
  await page.goto(`${grafana.url}${path}`);
  return page;
}

test("the page says that it is none of Grafana's, shows what the chosen person may see, and keeps the choice", async () => {
  const page = await openPage("operator", "/");
  await page.getByText("Stand-in, not Grafana.").waitFor();
  await expect.poll(() => page.url()).toContain("/a/rollcall-fleet-app/overview");
  const navigation = page.getByRole("navigation", { name: "Navigation" });
  expect(await navigation.getByRole("link", { name: "Configuration" }).count()).toBe(0);
  await page.getByLabel("I am").selectOption("viewer");
  await navigation.getByRole("link", { name: "Configuration" }).waitFor();
  await page.reload();
  await page.getByText("Admin in Grafana, which counts for nothing in Rollcall").waitFor();
}, 120_000);

test("the settings are tried step by step, and a new secret is what is sent from then on", async () => {
  const page = await openPage("viewer", "/plugins/rollcall-fleet-app");
  await page.getByRole("button", { name: "Test" }).click();
  const steps = page.getByTestId("connection");
  await steps.getByText("✓ reached: version 0.1.0").waitFor();
  await steps.getByText("✗ secret and identity: no such secret").waitFor();
  await page.getByRole("button", { name: "Reset" }).click();
  const secret = page.getByLabel("Secret");
  await secret.fill("too short");
  expect(await page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
  await secret.fill("another secret of the plugin, long enough");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Reset" }).waitFor();
  await page.getByRole("button", { name: "Test" }).click();
  await steps.getByText("✓ reached").waitFor();
  expect(secrets.at(-1)).toBe("another secret of the plugin, long enough");
}, 120_000);

test("the app speaks the language that somebody prefers; nobody else is asked to read it", async () => {
  const page = await openPage("operator", "/a/rollcall-fleet-app/agents");
  const title = (words: string) => page.getByRole("heading", { level: 1, name: words, exact: true }).waitFor();
  await title("Agents");
  await page.getByRole("combobox", { name: "Language" }).selectOption("de-DE");
  await title("Agenten");
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("de-DE");
  await page.reload();
  await title("Agenten");
  await page.getByLabel("I am").selectOption("viewer");
  await title("Agents");
}, 120_000);

test("what an admin enters is told to the page, and cannot become a part of it", async () => {
  const cookie = "grafana_session=viewer";
  const entered = "http://control.test/</script><b>";
  const save = (url: string): Promise<Response> =>
    fetch(`${grafana.url}/api/plugins/rollcall-fleet-app/settings`, {
      method: "POST",
      headers: { cookie, "content-type": "application/json" },
      body: JSON.stringify({ enabled: true, pinned: true, jsonData: { url } }),
    });
  await save(entered);
  const html = await (await fetch(`${grafana.url}/a/rollcall-fleet-app/overview`, { headers: { cookie } })).text();
  await save(address);
  const [, json = ""] = /<script type="application\/json" id="boot-data">(.*?)<\/script>/s.exec(html) ?? [];
  expect(JSON.parse(json)).toMatchObject({ signedIn: "viewer", meta: { jsonData: { url: entered } } });
});
