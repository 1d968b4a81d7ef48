import { launchChromium } from "@rollcall/test/chromium.ts";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { CLIENT, openTestAccount, REDIRECT_URI, type TestAccount } from "./test-account.ts";

let account: TestAccount;
let browser: Browser;
let page: Page;
const broken: string[] = [];
beforeAll(async () => {
  browser = await launchChromium(inject("toolsDir"));
  account = await openTestAccount();
}, 300_000);
afterAll(async () => {
  await browser.close();
  await account.close();
});
beforeEach(async () => {
  broken.length = 0;
  await account.client.reset();
  await page?.context().close();
  page = await (await browser.newContext({ viewport: { width: 1280, height: 860 } })).newPage();
  page.on("pageerror", (error) => broken.push(error.message));
  page.on("console", (message) => message.type() === "error" && broken.push(message.text()));
});

describe("the page", () => {
  test("shows groups and people, and removes and adds a person", async () => {
    await page.goto(account.google.url);
    await page.getByText("Workspace of example.test").waitFor();
    await page.getByText("Stand-in, not Google.").waitFor();
    await page.getByRole("button", { name: "Remove Second admin from Fleet admins" }).click();
    await page.getByText("Fleet admins · 0 people").waitFor();
    await page.getByLabel("Who joins Fleet admins").selectOption("viewer@example.test");
    await page.getByRole("button", { name: "Add to Fleet admins" }).click();
    await page.getByText("Fleet admins · 1 person").waitFor();
    const { groups } = await account.client.directory();
    expect(groups[0]?.members).toMatchObject([{ id: "100000000000000000003" }]);
    expect(broken).toEqual([]);
  });

  test("a change elsewhere is seen at once, and a name with markup stays text", async () => {
    await page.goto(account.google.url);
    await page.getByText("● live").waitFor();
    await account.client.addUser({ email: "x@example.test", name: "<img src=x onerror=alert(1)>" });
    await page.locator("li", { hasText: "<img src=x onerror=alert(1)> (x@example.test)" }).waitFor();
    expect(broken).toEqual([]);
  });

  test("at sign-in a person says who they are and is sent back", async () => {
    const query = new URLSearchParams({
      client_id: CLIENT.id,
      redirect_uri: REDIRECT_URI,
      response_type: "code",
      scope: "openid",
      state: "s",
      code_challenge: "x".repeat(43),
      code_challenge_method: "S256",
    });
    await page.route(`${REDIRECT_URI}**`, (route) => route.fulfill({ body: "back" }));
    await page.goto(`${account.google.url}/o/oauth2/v2/auth?${query}`);
    await page.getByText("You are signing in to 127.0.0.1:8080").waitFor();
    await page.getByRole("button", { name: "Operator on call" }).click();
    await page.waitForURL(/callback\?state=s&code=/);
    expect(broken).toEqual([]);
  });
});
