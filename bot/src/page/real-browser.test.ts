import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { launchChromium } from "@rollcall/test/chromium.ts";
import { openTestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { openPageFixture, type PageFixture } from "./page-fixture.ts";

type Browser = Awaited<ReturnType<typeof launchChromium>>;
type Page = Awaited<ReturnType<Browser["newPage"]>>;
let fixture: PageFixture;
let chromium: Browser;
let publicUrl: string;
let replica: Awaited<ReturnType<PageFixture["openReplica"]>>;
beforeAll(async () => {
  fixture = await openPageFixture(await openTestStore());
  chromium = await launchChromium(inject("toolsDir"));
  const port = await findFreePort();
  publicUrl = `http://127.0.0.1:${port}`;
  replica = await fixture.openReplica({ publicUrl });
  await replica.app.listen({ host: "127.0.0.1", port });
}, 300_000);
afterAll(async () => {
  await chromium?.close();
  await fixture?.close();
});

async function openSignedIn(width: number, person = "admin@example.test"): Promise<Page> {
  const signedIn = replica.browser();
  await signedIn.signIn(person);
  const context = await chromium.newContext({ viewport: { width, height: 740 } });
  await context.addCookies([...signedIn.jar].map(([name, value]) => ({ name, value, url: publicUrl })));
  return context.newPage();
}
const overflow = (page: Page) =>
  page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");

describe("our pages in Chromium", () => {
  test("take a browser's own forms: a token is made, shown once, used, and revoked", async () => {
    const page = await openSignedIn(375);
    const problems: string[] = [];
    page.on("console", (line) => problems.push(line.text()));
    await page.goto(`${publicUrl}/tokens`);
    await page.getByLabel("What it is for").fill("terminal on my laptop");
    await page.getByLabel("look and change").check();
    await page.getByRole("button", { name: "Make a token" }).click();
    const text = String(await page.locator("code.secret").textContent());
    expect(text).toMatch(/^rc_[\w-]{43}$/);
    const ask = () => fetch(`${publicUrl}/api/v1/commands`, { headers: { authorization: `Bearer ${text}` } });
    expect((await ask()).status).toBe(200);
    await page.getByRole("link", { name: "Done" }).click();
    expect(await page.content()).not.toContain(text);
    await page.getByRole("button", { name: "Revoke" }).click();
    await page.getByText("There is none in force.").waitFor();
    expect((await ask()).status).toBe(401);
    // What the content security policy forbids is told there.
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test("link a Slack user after its owner has looked at whom", async () => {
    const user = "U0ADAM";
    fixture.slack.set(user, { user, name: "Adam in Slack", mail: "admin@example.test", objection: null });
    const page = await openSignedIn(375);
    await page.goto(`${publicUrl}/link/${await replica.pages.links.propose({ team: "T0LOCAL", user })}`);
    expect(page.url()).toBe(`${publicUrl}/link`);
    await page.getByText("Adam in Slack (U0ADAM, workspace T0LOCAL)").waitFor();
    await page.getByRole("button", { name: "Link" }).click();
    await page.getByRole("heading", { name: "Linked" }).waitFor();
    expect(replica.directory.bySlack("T0LOCAL", user)?.id).toBe("adam");
    await page.context().close();
  });

  test("let somebody out, and the back button shows nothing of theirs", async () => {
    const page = await openSignedIn(375);
    await page.goto(`${publicUrl}/me`);
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByRole("link", { name: "Sign in with Google" }).waitFor();
    await page.goBack();
    await page.getByRole("link", { name: "Sign in with Google" }).waitFor();
    expect(await page.content()).not.toContain("admin@example.test");
    await page.context().close();
  });

  test.each([375, 1280])("fit a screen of %i pixels, with targets of 44 pixels on a phone", async (width) => {
    const page = await openSignedIn(width);
    for (const path of ["/sign-in", "/me", "/tokens", "/tokens?of=everybody", "/link"]) {
      await page.goto(publicUrl + path);
      expect([path, await overflow(page)]).toEqual([path, 0]);
      const small = await page.locator("button, a.button, header a, select, input[type=text]").evaluateAll((all) =>
        all.flatMap((one) => {
          const { height } = one.getBoundingClientRect();
          return height < 44 ? [`${one.textContent}: ${height}`] : [];
        }),
      );
      expect([path, small]).toEqual([path, []]);
    }
    await page.context().close();
  });
});
