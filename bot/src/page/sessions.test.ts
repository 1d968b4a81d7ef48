import { openTestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { GOOGLE_OF, openPageFixture, type PageFixture, PUBLIC_URL } from "./page-fixture.ts";

type Replica = Awaited<ReturnType<PageFixture["openReplica"]>>;
let fixture: PageFixture;
let one: Replica;
let other: Replica;
beforeAll(async () => {
  fixture = await openPageFixture(await openTestStore());
  [one, other] = [await fixture.openReplica(), await fixture.openReplica()];
});
afterAll(() => fixture.close());
beforeEach(async () => {
  await fixture.account.client.reset();
  await fixture.account.client.clearFaults();
  await fixture.store.pool.query("delete from sessions");
});

const age = (column: string, seconds: number) =>
  fixture.store.pool.query(`update sessions set ${column} = ${column} - make_interval(secs => ${seconds})`);
const ageIds = (seconds: number) =>
  fixture.store.pool.query(
    `update session_ids set issued_at = issued_at - make_interval(secs => ${seconds}), first_used_at = first_used_at - make_interval(secs => ${seconds}), replaced_at = replaced_at - make_interval(secs => ${seconds})`,
  );
const signedIn = async (replica = one, person = "operator@example.test") => {
  const browser = replica.browser();
  await browser.signIn(person);
  return browser;
};
const askAs = (replica: Replica, cookie: string | null, url = "/api/v1/session") =>
  replica.app.inject({ url, headers: cookie === null ? {} : { cookie: `rollcall=${cookie}` } });

describe("a session", () => {
  test("is known by every replica, and by one that starts later", async () => {
    const cookie = (await signedIn()).session();
    const later = await fixture.openReplica();
    for (const replica of [one, other, later])
      expect((await askAs(replica, cookie)).json()).toMatchObject({ person: { id: "olga", role: "operator" } });
  });

  test("ends after half an hour without use, and after twelve hours in any case", async () => {
    const idle = (await signedIn()).session();
    await age("seen_at", 30 * 60 + 1);
    expect((await askAs(one, idle)).statusCode).toBe(401);
    const long = (await signedIn()).session();
    await age("created_at", 12 * 3600 + 1);
    expect((await askAs(one, long)).statusCode).toBe(401);
  });

  test("use keeps it alive", async () => {
    const cookie = (await signedIn()).session();
    await age("seen_at", 20 * 60);
    expect((await askAs(one, cookie)).statusCode).toBe(200);
    await age("seen_at", 20 * 60);
    expect((await askAs(one, cookie)).statusCode).toBe(200);
  });

  test("begins with a new cookie: one that was planted before is worth nothing after", async () => {
    const browser = one.browser();
    const planted = "a".repeat(43);
    browser.jar.set("rollcall", planted);
    await browser.signIn("admin@example.test");
    expect(browser.session()).not.toBe(planted);
    expect((await askAs(one, planted)).statusCode).toBe(401);
  });

  test("of somebody else that was planted in the browser ends when its owner signs in", async () => {
    const attacker = await signedIn(one, "operator@example.test");
    const planted = attacker.session();
    const victim = one.browser();
    victim.jar.set("rollcall", String(planted));
    await victim.signIn("admin@example.test");
    expect((await askAs(one, planted)).statusCode).toBe(401);
    expect((await askAs(one, victim.session())).json()).toMatchObject({ person: { id: "adam" } });
  });

  test("two cookies of its name are none: which of them is ours cannot be told", async () => {
    const cookie = (await signedIn()).session();
    const answer = await one.app.inject({
      url: "/api/v1/session",
      headers: { cookie: `rollcall=${cookie}; rollcall=${"a".repeat(43)}` },
    });
    expect(answer.statusCode).toBe(401);
  });

  test("is over everywhere after signing out, however often its cookie comes again", async () => {
    const browser = await signedIn();
    const cookie = browser.session();
    const csrf = await browser.formToken();
    const out = await browser.post("/sign-out", { csrf });
    expect([out.statusCode, out.headers.location, browser.session()]).toEqual([303, "/sign-in", null]);
    expect([(await askAs(one, cookie)).statusCode, (await askAs(other, cookie)).statusCode]).toEqual([401, 401]);
    expect((await fixture.audit("authentication"))[0]).toMatchObject({ actor: "olga", action: "signed-out" });
  });

  test("signing out everywhere ends all of one's own, and nobody else's", async () => {
    const [mine, mineToo, others] = [
      await signedIn(),
      await signedIn(other),
      await signedIn(one, "admin@example.test"),
    ];
    await mine.post("/sign-out/everywhere", { csrf: await mine.formToken() });
    expect((await askAs(one, mineToo.session())).statusCode).toBe(401);
    expect((await askAs(one, others.session())).statusCode).toBe(200);
  });

  test("holds no role: what access.yaml says now counts at the next request", async () => {
    const cookie = (await signedIn()).session();
    const before = await fixture.changeAccess((text) => text.replace("role: operator", "role: viewer"));
    expect((await askAs(one, cookie)).json()).toMatchObject({ person: { role: "viewer" } });
    await fixture.changeAccess((text) => text.replace(GOOGLE_OF.operator, "100000000000000000099"));
    expect((await askAs(one, cookie)).statusCode).toBe(403);
    await fixture.changeAccess(() => before);
  });

  test("while PostgreSQL does not say whether it stands, nobody is let in", async () => {
    const cookie = (await signedIn()).session();
    await fixture.store.pool.query("alter table session_ids rename to session_ids_away");
    const answer = await askAs(one, cookie);
    await fixture.store.pool.query("alter table session_ids_away rename to session_ids");
    expect(answer.statusCode).toBeGreaterThanOrEqual(500);
    expect(answer.body).not.toContain("olga");
  });
});

describe("Google is asked again", () => {
  test("after ten minutes, and the cookie gets a new text while the old one serves for a moment", async () => {
    const browser = await signedIn();
    const before = browser.session();
    await age("confirmed_at", 601);
    expect((await browser.get("/me")).statusCode).toBe(200);
    expect(browser.session()).not.toBe(before);
    expect((await askAs(other, before)).statusCode).toBe(200);
  });

  test("an old cookie that comes back after its successor was used ends the session for both", async () => {
    const browser = await signedIn();
    const stolen = browser.session();
    await age("confirmed_at", 601);
    await browser.get("/me");
    expect((await browser.get("/me")).statusCode).toBe(200);
    await ageIds(31);
    expect((await askAs(other, stolen)).statusCode).toBe(401);
    expect((await askAs(one, browser.session())).statusCode).toBe(401);
    expect((await fixture.audit("authentication"))[0]).toMatchObject({
      action: "session-ended",
      rule: "session-reused",
    });
  });

  test("a thief who gets the new cookie first is found out when its owner comes with theirs", async () => {
    const browser = await signedIn();
    const stolen = String(browser.session());
    const thief = one.browser();
    thief.jar.set("rollcall", stolen);
    await age("confirmed_at", 601);
    await thief.get("/me");
    await thief.get("/me");
    await ageIds(31);
    expect((await askAs(one, browser.session())).statusCode).toBe(401);
    expect((await askAs(one, thief.session())).statusCode).toBe(401);
  });

  test("a client that lost the answer with its new cookie goes on with the old one", async () => {
    const browser = await signedIn();
    const before = browser.session();
    await age("confirmed_at", 601);
    await askAs(one, before, "/me");
    await ageIds(3600);
    expect((await askAs(one, before)).statusCode).toBe(200);
  });

  test("an account that was suspended, or that took its consent back, ends the session", async () => {
    const suspended = await signedIn();
    await fixture.account.client.changeUser("operator@example.test", { suspended: true });
    await age("confirmed_at", 601);
    expect((await askAs(one, suspended.session())).statusCode).toBe(401);
    expect((await askAs(other, suspended.session())).statusCode).toBe(401);
    expect((await fixture.audit("authentication"))[0]).toMatchObject({ rule: "account-ended" });
  });

  test("by one replica only, however many requests come at the same time", async () => {
    const browser = await signedIn();
    await age("confirmed_at", 601);
    const before = (await fixture.account.client.calls()).token ?? 0;
    // So that all of them come while it is asked.
    await fixture.account.client.fail({ kind: "slow", on: ["token"], delay_ms: 500, count: 20 });
    const asked = Array.from({ length: 12 }, (_, index) => askAs(index % 2 === 0 ? one : other, browser.session()));
    expect((await Promise.all(asked)).map(({ statusCode }) => statusCode)).toEqual(Array(12).fill(200));
    expect((await fixture.account.client.calls()).token).toBe(before + 1);
  });

  test("its outage ends no session", async () => {
    const browser = await signedIn();
    await age("confirmed_at", 601);
    await fixture.account.client.fail({ kind: "error", on: ["token"], count: 5 });
    expect((await askAs(one, browser.session())).statusCode).toBe(200);
  });

  test("with a grant that is stored sealed", async () => {
    await signedIn();
    const { rows } = await fixture.store.pool.query("select grant_sealed from sessions");
    expect(String(rows[0].grant_sealed)).not.toContain("1//0");
    expect(rows[0].grant_sealed.length).toBeGreaterThan(40);
  });
});

describe("another site", () => {
  const command = "/api/v1/commands/status";

  test.each([
    ["from another origin", { origin: "https://evil.example" }],
    ["from an origin whose name begins alike", { origin: `${PUBLIC_URL}.evil.example` }],
    ["from a frame without an origin", { origin: "null" }],
  ])("cannot do or read anything in somebody's name: %s", async (_, headers) => {
    const browser = await signedIn();
    const formToken = await browser.formToken();
    const sent = await browser.postJson(command, { input: {} }, { ...headers, "x-rollcall-csrf": formToken });
    expect([sent.statusCode, (await browser.get("/api/v1/session", headers)).statusCode]).toEqual([403, 403]);
    expect((await browser.post("/sign-out", { csrf: formToken }, headers)).statusCode).toBe(403);
    expect((await browser.get("/api/v1/session")).statusCode).toBe(200);
  });

  test("cannot without the token of a form, or with that of another session", async () => {
    const [browser, stranger] = [await signedIn(), await signedIn(one, "admin@example.test")];
    expect((await browser.postJson(command, { input: {} })).statusCode).toBe(403);
    const foreign = await stranger.formToken();
    expect((await browser.postJson(command, { input: {} }, { "x-rollcall-csrf": foreign })).statusCode).toBe(403);
    expect((await browser.post("/sign-out", { csrf: foreign })).statusCode).toBe(403);
    const own = { "x-rollcall-csrf": await browser.formToken() };
    expect((await browser.postJson(command, { input: {} }, own)).statusCode).toBe(200);
  });

  test("a request that does not say where it comes from changes nothing", async () => {
    const browser = await signedIn();
    const answer = await one.app.inject({
      method: "POST",
      url: command,
      headers: { cookie: `rollcall=${browser.session()}`, "x-rollcall-csrf": await browser.formToken() },
      payload: { input: {} },
    });
    expect(answer.statusCode).toBe(403);
  });

  test("what is done by a session comes through the door `page`, at which a person may approve", async () => {
    const browser = await signedIn();
    const csrf = await browser.formToken();
    one.seen.requests.length = 0;
    await browser.postJson(command, { input: {} }, { "x-rollcall-csrf": csrf });
    expect(one.seen.requests).toMatchObject([{ door: "page", actor: { id: "olga", person: true } }]);
  });

  test("our pages run no script, load nothing from elsewhere, and are shown in no frame", async () => {
    const browser = await signedIn();
    for (const url of ["/sign-in", "/me", "/tokens"]) {
      const page = await browser.get(url);
      expect(page.headers["content-security-policy"]).toBe(
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      );
      expect(page.body).not.toMatch(/<script|style=|https?:\/\/(?!127)/);
    }
  });
});

describe("a live stream of a session", () => {
  test("ends within two seconds after signing out on another replica", async () => {
    const browser = await signedIn();
    const address = await one.app.listen({ host: "127.0.0.1", port: 0 });
    await vi.waitFor(() => expect(one.directory.hasSession).toBeDefined());
    await one.directory.refreshStored();
    const stream = await fetch(`${address}/api/v1/live`, {
      headers: { cookie: `rollcall=${browser.session()}` },
      signal: AbortSignal.timeout(10_000),
    });
    expect(stream.status).toBe(200);
    const elsewhere = other.browser();
    elsewhere.jar.set("rollcall", String(browser.session()));
    const csrf = await elsewhere.formToken();
    const started = performance.now();
    await elsewhere.post("/sign-out", { csrf });
    const text = await stream.text();
    expect(text).toContain("the session has ended");
    expect(performance.now() - started).toBeLessThan(4_000);
  });
});
