import { openTestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openPageFixture, type PageFixture } from "./page-fixture.ts";

type Replica = Awaited<ReturnType<PageFixture["openReplica"]>>;
let fixture: PageFixture;
let one: Replica;
let other: Replica;
beforeAll(async () => {
  fixture = await openPageFixture(await openTestStore());
  [one, other] = [await fixture.openReplica(), await fixture.openReplica()];
});
afterAll(() => fixture.close());
beforeEach(() => fixture.store.pool.query("truncate api_tokens"));

const signedIn = async (person = "operator@example.test") => {
  const browser = one.browser();
  await browser.signIn(person);
  const header = { "x-rollcall-csrf": await browser.formToken() };
  return { ...browser, change: (url: string, body: unknown) => browser.postJson(url, body, header) };
};
type Made = { text: string; token: { id: string } };
const makeToken = async (browser: Awaited<ReturnType<typeof signedIn>>, wish: object = {}): Promise<Made> =>
  (await browser.change("/api/v1/tokens", { name: "laptop", ...wish })).json();
const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
const look = (replica: Replica, text: string) => replica.app.inject({ url: "/api/v1/commands", headers: bearer(text) });

describe("an API token that somebody made", () => {
  test("is good at once on every replica, with its owner's rights and its own scopes", async () => {
    const { text } = await makeToken(await signedIn());
    expect(text).toMatch(/^rc_[\w-]{43}$/);
    expect([(await look(other, text)).statusCode, (await look(one, text)).statusCode]).toEqual([200, 200]);
    const act = await one.app.inject({
      method: "POST",
      url: "/api/v1/commands/restart",
      headers: { ...bearer(text), "idempotency-key": "12345678" },
      payload: { input: { who: ["billing"] } },
    });
    expect([act.statusCode, act.json().message]).toEqual([403, "this token may not be used to change anything"]);
  });

  test("is shown once and stored nowhere", async () => {
    const browser = await signedIn();
    const { text } = await makeToken(browser);
    const { rows } = await fixture.store.pool.query("select * from api_tokens");
    const all = JSON.stringify([rows, await fixture.audit("access"), (await browser.get("/api/v1/tokens")).json()]);
    expect(all).not.toContain(text.slice(3));
    expect((await browser.get("/tokens")).body).not.toContain(text);
  });

  test("ends within two seconds on the other replica when it is revoked", async () => {
    const browser = await signedIn();
    const { text, token } = await makeToken(browser);
    expect((await look(other, text)).statusCode).toBe(200);
    expect((await browser.change(`/api/v1/tokens/${token.id}/revoke`, {})).statusCode).toBe(200);
    expect((await look(one, text)).statusCode).toBe(401);
    await vi.waitFor(async () => expect((await look(other, text)).statusCode).toBe(401), { timeout: 2_000 });
  });

  test("lasts ninety days at most, and not a moment longer than was said", async () => {
    const browser = await signedIn();
    expect((await browser.change("/api/v1/tokens", { name: "x", days: 91 })).statusCode).toBe(400);
    const { text } = await makeToken(browser, { days: 1 });
    await one.directory.refreshStored();
    fixture.clock.aheadMs = 86_400_000 + 1_000;
    expect((await look(one, text).finally(() => (fixture.clock.aheadMs = 0))).statusCode).toBe(401);
    const insert =
      "insert into api_tokens (person, name, hash, scopes, expires_at) values ('x','x','x','{read}', now() + interval '91 days')";
    await expect(fixture.store.pool.query(insert)).rejects.toThrow("api_tokens_check");
  });

  test("makes no tokens, has no session, and opens no page", async () => {
    const { text } = await makeToken(await signedIn(), { scopes: ["read", "act"] });
    const made = await one.app.inject({
      method: "POST",
      url: "/api/v1/tokens",
      headers: bearer(text),
      payload: { name: "y" },
    });
    expect([made.statusCode, made.json().message]).toEqual([
      403,
      "a token cannot make tokens: a person signs in for that",
    ]);
    expect((await one.app.inject({ url: "/api/v1/session", headers: bearer(text) })).statusCode).toBe(403);
    expect((await one.app.inject({ url: "/tokens", headers: bearer(text) })).statusCode).toBe(303);
  });

  test("is worth nothing once its owner is on no list any more", async () => {
    const { text } = await makeToken(await signedIn());
    const before = await fixture.changeAccess((all) => all.replace("id: olga", "id: olaf"));
    expect((await look(one, text)).statusCode).toBe(401);
    await fixture.changeAccess(() => before);
    expect((await look(one, text)).statusCode).toBe(200);
  });

  test("says the day it was used last, and nothing more exact", async () => {
    const browser = await signedIn();
    const { text } = await makeToken(browser);
    await look(one, text);
    const today = new Date().toISOString().slice(0, 10);
    await vi.waitFor(async () => {
      const [token] = (await browser.get("/api/v1/tokens")).json().tokens;
      expect(token.lastUsedOn).toBe(today);
    });
  });

  test("guesses cost PostgreSQL at most four looks a second", async () => {
    const spy = vi.spyOn(one.directory, "refreshStored");
    await Promise.all(Array.from({ length: 50 }, (_, index) => look(one, `rc_${String(index).padStart(43, "x")}`)));
    expect(spy.mock.calls.length).toBeLessThanOrEqual(2);
    spy.mockRestore();
  });
});

describe("tokens of others", () => {
  test("are seen and revoked by an admin only", async () => {
    const [olga, adam] = [await signedIn(), await signedIn("admin@example.test")];
    const { text, token } = await makeToken(olga);
    const adams = await makeToken(adam);
    expect((await olga.get("/api/v1/tokens?of=everybody")).statusCode).toBe(403);
    expect((await olga.change(`/api/v1/tokens/${adams.token.id}/revoke`, {})).statusCode).toBe(404);
    expect((await adam.get("/api/v1/tokens?of=everybody")).json().tokens).toHaveLength(2);
    expect((await adam.change(`/api/v1/tokens/${token.id}/revoke`, {})).statusCode).toBe(200);
    expect((await look(one, text)).statusCode).toBe(401);
    expect((await fixture.audit("access"))[0]).toMatchObject({
      actor: "adam",
      action: "token-revoked",
      before: { token: token.id },
    });
  });

  test("one person has at most twenty in force", async () => {
    const browser = await signedIn();
    const made = await Promise.all(
      Array.from({ length: 22 }, () => browser.change("/api/v1/tokens", { name: "many" })),
    );
    expect(made.filter(({ statusCode }) => statusCode === 201)).toHaveLength(20);
    expect(made.filter(({ statusCode }) => statusCode === 429)).toHaveLength(2);
  });

  test("a name with markup is shown as text", async () => {
    const browser = await signedIn();
    await browser.post("/tokens", {
      csrf: await browser.formToken(),
      name: "<img src=x onerror=alert(1)>",
      use: "read",
      days: "7",
    });
    const page = await browser.get("/tokens");
    expect(page.body).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(page.body).not.toContain("<img");
  });
});
