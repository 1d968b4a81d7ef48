import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { launchChromium } from "@rollcall/test/chromium.ts";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createGrafanaStandIn, type GrafanaStandIn } from "./stand-in.ts";

let upstream: Server;
let grafana: GrafanaStandIn;
let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium(inject("toolsDir"));
  upstream = createServer((request, response) => {
    const claims = String(request.headers["x-grafana-id"]).split(".")[1] ?? "";
    const { username } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { username: string };
    response.end(JSON.stringify({ asked: `${request.method} ${request.url}`, by: `<b>${username}</b>` }));
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  grafana = await createGrafanaStandIn({ port: 0, upstream: address, pluginSecret: "a secret, for tests" });
}, 300_000);
afterAll(async () => {
  await browser.close();
  await grafana.close();
  upstream.close();
});

test("the page says who one is, and asks as them", async () => {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 860 } })).newPage();
  const broken: string[] = [];
  page.on("pageerror", (error) => broken.push(error.message));
  page.on("console", (message) => message.type() === "error" && broken.push(message.text()));
  await page.goto(grafana.url);
  await page.getByText("Stand-in, not Grafana.").waitFor();
  await page.getByLabel("I am").selectOption("viewer");
  await page.getByText("viewer@example.test · Admin in Grafana, which counts for nothing here").waitFor();
  await page.getByRole("button", { name: "Who am I?" }).click();
  await page.getByText('"asked": "POST /api/v1/commands/whoami"').waitFor();
  await page.getByText('"by": "<b>viewer</b>"').waitFor();
  await page.reload();
  await page.getByText("viewer@example.test").waitFor();
  expect(await page.getByLabel("I am").inputValue()).toBe("viewer");
  expect(broken).toEqual([]);
});
