import { openTestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { linkingOf } from "../own-pages.ts";
import { openPageFixture, type PageFixture } from "./page-fixture.ts";

const TEAM = "T0LOCAL";
let fixture: PageFixture;
let replica: Awaited<ReturnType<PageFixture["openReplica"]>>;
beforeAll(async () => {
  fixture = await openPageFixture(await openTestStore());
  replica = await fixture.openReplica();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  await fixture.store.pool.query("truncate slack_links, slack_link_proposals");
  await replica.directory.refreshStored();
  fixture.slack.clear();
  known("U0OLGA", "operator@example.test");
  known("U0EVE", "eve@example.test");
});

function known(user: string, mail: string | null, objection: "guest" | "deleted" | "bot" | null = null): void {
  fixture.slack.set(user, { user, name: user.toLowerCase(), mail, objection });
}
const propose = (user: string) => replica.pages.links.propose({ team: TEAM, user });
const whoIs = (user: string) => replica.directory.bySlack(TEAM, user)?.id ?? null;
const signedIn = async (person = "operator@example.test") => {
  const browser = replica.browser();
  await browser.signIn(person);
  return browser;
};
type Browser = Awaited<ReturnType<typeof signedIn>>;
const linkBy = async (browser: Browser, text: string) => {
  await browser.get(`/link/${text}`);
  return browser.post("/link", { csrf: await browser.formToken() });
};

describe("a Slack user", () => {
  test("is nobody until its owner signed in with Google and said so", async () => {
    expect(whoIs("U0OLGA")).toBeNull();
    const text = await propose("U0OLGA");
    const browser = replica.browser();
    expect((await browser.get(`/link/${text}`)).headers.location).toBe("/link");
    expect((await browser.get("/link")).body).toContain("Say who you are first");
    expect((await browser.signIn("operator@example.test")).headers.location).toBe("/link");
    expect((await browser.get("/link")).body).toContain("u0olga (U0OLGA, workspace T0LOCAL)");
    expect(whoIs("U0OLGA")).toBeNull();
    expect((await browser.post("/link", { csrf: await browser.formToken() })).statusCode).toBe(200);
    expect(whoIs("U0OLGA")).toBe("olga");
    expect((await fixture.audit("access"))[0]).toMatchObject({
      ...{ actor: "olga", door: "page", action: "linked", after: { slack: "T0LOCAL/U0OLGA" } },
    });
  });

  test("stays who it was, whatever becomes of addresses", async () => {
    await linkBy(await signedIn(), await propose("U0OLGA"));
    known("U0OLGA", "admin@example.test");
    expect(whoIs("U0OLGA")).toBe("olga");
    const before = await fixture.changeAccess((all) => all.replace("operator@example.test", "renamed@example.test"));
    expect(whoIs("U0OLGA")).toBe("olga");
    await fixture.changeAccess(() => before);
  });

  test("whose owner's address was given to somebody else is not that person", async () => {
    await linkBy(await signedIn(), await propose("U0OLGA"));
    const before = await fixture.changeAccess((all) =>
      all.replace('google: "100000000000000000001"', 'google: "100000000000000000077"'),
    );
    expect(whoIs("U0OLGA")).toBeNull();
    await fixture.changeAccess(() => before);
  });

  test("is nobody again after its owner ended the link, on every replica within two seconds", async () => {
    const other = await fixture.openReplica();
    const browser = await signedIn();
    await linkBy(browser, await propose("U0OLGA"));
    await vi.waitFor(() => expect(other.directory.bySlack(TEAM, "U0OLGA")?.id).toBe("olga"), { timeout: 2_000 });
    await browser.post("/me/unlink", { csrf: await browser.formToken() });
    expect(whoIs("U0OLGA")).toBeNull();
    await vi.waitFor(() => expect(other.directory.bySlack(TEAM, "U0OLGA")).toBeNull(), { timeout: 2_000 });
    expect((await fixture.audit("access"))[0]).toMatchObject({
      action: "unlinked",
      before: { slack: "T0LOCAL/U0OLGA" },
    });
  });

  test("of another workspace with the same id is nobody", async () => {
    await linkBy(await signedIn(), await propose("U0OLGA"));
    expect(replica.directory.bySlack("T0OTHER", "U0OLGA")).toBeNull();
  });

  test("that access.yaml names counts only where links are not required", async () => {
    const before = await fixture.changeAccess((all) =>
      all.replace("role: operator,", "role: operator, slack: [{ team: T0LOCAL, user: U0FILE }],"),
    );
    const lenient = await fixture.openReplica({ isLinkRequired: false });
    expect([whoIs("U0FILE"), lenient.directory.bySlack(TEAM, "U0FILE")?.id]).toEqual([null, "olga"]);
    await fixture.changeAccess(() => before);
  });
});

describe("an address for linking", () => {
  test("sent to somebody else gives nobody that person's rights", async () => {
    const text = await propose("U0EVE");
    const victim = await signedIn("admin@example.test");
    const answer = await linkBy(victim, text);
    expect(answer.statusCode).toBe(403);
    expect(answer.body).toContain("tell an admin");
    expect(whoIs("U0EVE")).toBeNull();
  });

  test.each(["guest", "deleted", "bot"] as const)("does nothing for a Slack user who is %s", async (objection) => {
    known("U0OLGA", "operator@example.test", objection);
    expect((await linkBy(await signedIn(), await propose("U0OLGA"))).statusCode).toBe(403);
    expect(whoIs("U0OLGA")).toBeNull();
  });

  test("serves once, for ten minutes, and only the newest", async () => {
    const used = await propose("U0OLGA");
    await linkBy(await signedIn(), used);
    expect((await linkBy(await signedIn(), used)).statusCode).toBe(410);
    const [earlier, late] = [await propose("U0OLGA"), await propose("U0OLGA")];
    expect((await linkBy(await signedIn(), earlier)).statusCode).toBe(410);
    await fixture.store.pool.query("update slack_link_proposals set expires_at = clock_timestamp()");
    expect((await linkBy(await signedIn(), late)).statusCode).toBe(410);
  });

  test("is stored as a hash", async () => {
    const text = await propose("U0OLGA");
    const { rows } = await fixture.store.pool.query("select * from slack_link_proposals");
    expect(JSON.stringify(rows)).not.toContain(text);
  });

  test("cannot move a Slack user from one account to another", async () => {
    await linkBy(await signedIn(), await propose("U0OLGA"));
    known("U0OLGA", "admin@example.test");
    const answer = await linkBy(await signedIn("admin@example.test"), await propose("U0OLGA"));
    expect(answer.statusCode).toBe(409);
    expect(whoIs("U0OLGA")).toBe("olga");
  });

  test("is not made where nobody can sign in", () => {
    const nobody = { ROLLCALL_PUBLIC_URL: "https://rollcall.example.test" } as Parameters<typeof linkingOf>[0];
    expect(linkingOf(nobody, { slackLinks: replica.pages.links })).toEqual({});
  });
});
