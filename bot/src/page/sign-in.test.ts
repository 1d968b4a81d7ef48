import { openTestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { GOOGLE_OF, openPageFixture, type PageFixture, PUBLIC_URL } from "./page-fixture.ts";

let fixture: PageFixture;
let replica: Awaited<ReturnType<PageFixture["openReplica"]>>;
beforeAll(async () => {
  fixture = await openPageFixture(await openTestStore());
  replica = await fixture.openReplica();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  await fixture.account.client.reset();
  await fixture.account.client.clearFaults();
  replica.seen.refused.length = 0;
});

describe("sign-in with Google", () => {
  test("gives a session that knows the person and their role of this moment", async () => {
    const browser = replica.browser();
    const back = await browser.signIn("operator@example.test");
    expect([back.statusCode, back.headers.location]).toEqual([303, "/me"]);
    const page = await browser.get("/me");
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain("Olga");
    expect(page.body).toContain("operator, from access.yaml");
  });

  test("is written down with the account, and the session without its cookie", async () => {
    const browser = replica.browser();
    await browser.signIn("admin@example.test");
    const [row] = await fixture.audit("authentication");
    expect(row).toMatchObject({
      ...{
        actor: "adam",
        door: "page",
        identity: `google:${GOOGLE_OF.admin}`,
        action: "signed-in",
        decision: "allowed",
      },
    });
    const { rows } = await fixture.store.pool.query("select * from sessions natural join session_ids");
    expect(JSON.stringify(rows)).not.toContain(browser.session());
  });

  test("asks Google by PKCE with a challenge, a state and a nonce that are new each time", async () => {
    const asked = async () => new URL(await replica.browser().toGoogle()).searchParams;
    const [one, other] = [await asked(), await asked()];
    expect(one.get("code_challenge_method")).toBe("S256");
    for (const name of ["state", "nonce", "code_challenge"]) {
      expect(one.get(name)).toMatch(/^[\w-]{43}$/);
      expect(one.get(name)).not.toBe(other.get(name));
    }
    expect(new Set(["state", "nonce", "code_challenge"].map((name) => one.get(name))).size).toBe(3);
  });

  test("its cookie is for this host alone, out of reach of scripts, and not sent with other sites' forms", async () => {
    const guarded = await fixture.openReplica({ publicUrl: "https://rollcall.example.test" });
    const line = String((await guarded.app.inject({ url: "/auth/google" })).headers["set-cookie"]);
    expect(line).toMatch(/^__Host-rollcall-sign-in=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
    const back = await replica.browser().signIn("operator@example.test");
    expect(String(back.headers["set-cookie"])).toMatch(
      /rollcall=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax/,
    );
  });

  test("of somebody who is on no list here is refused, and no session begins", async () => {
    const browser = replica.browser();
    const back = await browser.signIn("viewer@example.test");
    expect([back.statusCode, browser.session()]).toEqual([403, null]);
    expect(back.body).toContain("nobody of access.yaml is you");
    expect(replica.seen.refused).toMatchObject([{ door: "page", reason: "not-a-member" }]);
  });
});

interface Alteration {
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly signature?: "none" | "HS256" | "stranger";
}
const now = () => Math.floor(Date.now() / 1000);

describe("an ID token that is not exactly right opens nothing", () => {
  test.each<[string, Alteration | (() => Alteration)]>([
    ["made for another application", { claims: { aud: "another.apps.googleusercontent.com" } }],
    ["made for several applications", { claims: { aud: ["another", "1000000000-test.apps.googleusercontent.com"] } }],
    ["given to another application", { claims: { azp: "another.apps.googleusercontent.com" } }],
    ["of another issuer", { claims: { iss: "https://accounts.example.com" } }],
    ["of an issuer whose name begins alike", { claims: { iss: "http://127.0.0.1" } }],
    ["of another Workspace account", { claims: { hd: "other.example" } }],
    ["of no Workspace account", { claims: { hd: null } }],
    ["expired", () => ({ claims: { exp: now() - 120, iat: now() - 3700 } })],
    ["made an hour ago", () => ({ claims: { iat: now() - 3600 } })],
    ["made tomorrow", () => ({ claims: { iat: now() + 86_400, exp: now() + 90_000 } })],
    ["without an end", { claims: { exp: null } }],
    ["with the nonce of another sign-in", { claims: { nonce: "x".repeat(43) } }],
    ["without a nonce", { claims: { nonce: null } }],
    ["without who it is", { claims: { sub: null } }],
    ["with an address as who it is", { claims: { sub: "operator@example.test" } }],
    ["whose address is not confirmed", { claims: { email_verified: false } }],
    ["whose address is confirmed by a word", { claims: { email_verified: "true" } }],
    ["without a signature", { signature: "none" }],
    ["signed by HMAC with the public key as its secret", { signature: "HS256" }],
    ["signed by a stranger's key", { signature: "stranger" }],
    ["that says none and is signed", { header: { alg: "none" } }],
    ["that says RS512", { header: { alg: "RS512" } }],
    ["with a key's name that is a path", { header: { kid: "../../../dev/null" } }],
    ["with a key's name that is SQL", { header: { kid: "' or 1=1 --" } }],
    ["with a key's name that is an address", { header: { kid: "https://evil.example/key" } }],
    ["without a key's name", { header: { kid: "" } }],
    ["that wants a rule we do not know", { header: { crit: ["exp2"], exp2: 1 } }],
  ])("%s", async (_, alteration) => {
    const order = typeof alteration === "function" ? alteration() : alteration;
    const browser = replica.browser();
    const path = await browser.fromGoogle("operator@example.test");
    await fixture.account.client.alterIdTokens(order);
    const back = await browser.get(path);
    expect([back.statusCode, browser.session()]).toEqual([401, null]);
    expect(replica.seen.refused).toHaveLength(1);
    expect((await browser.get("/me")).headers.location).toBe("/sign-in");
  });

  test.each([
    ["two addresses in one", "admin@example.test@evil.example"],
    ["a quoted local part", '"admin@example.test"@evil.example'],
    ["a domain in other letters", "admin@exаmple.test"],
    ["a dot at the end", "admin@example.test."],
    ["a line break", "admin@example.test\n"],
  ])("with %s as its address", async (_, email) => {
    const browser = replica.browser();
    const path = await browser.fromGoogle("admin@example.test");
    await fixture.account.client.alterIdTokens({ claims: { email } });
    expect((await browser.get(path)).statusCode).toBe(401);
    expect(browser.session()).toBeNull();
  });

  test("keys that the token brings along are not looked at", async () => {
    const browser = replica.browser();
    const path = await browser.fromGoogle("admin@example.test");
    await fixture.account.client.alterIdTokens({
      signature: "stranger",
      header: {
        jku: "https://evil.example/keys",
        x5u: "https://evil.example/x",
        jwk: { kty: "RSA", n: "AQAB", e: "AQAB" },
      },
    });
    expect((await browser.get(path)).statusCode).toBe(401);
  });
});

describe("the way back from Google", () => {
  test("with somebody else's state, or in another browser, opens nothing", async () => {
    const mine = replica.browser();
    const path = await mine.fromGoogle("admin@example.test");
    const other = replica.browser();
    await other.toGoogle();
    const before = (await fixture.account.client.calls()).token ?? 0;
    expect((await other.get(path)).statusCode).toBe(401);
    expect((await replica.browser().get(path)).statusCode).toBe(401);
    expect((await mine.get(path.replace(/state=[^&]+/, `state=${"x".repeat(43)}`))).statusCode).toBe(401);
    expect([mine.session(), other.session()]).toEqual([null, null]);
    // Google's part would notice too; it is not asked.
    expect((await fixture.account.client.calls()).token ?? 0).toBe(before);
  });

  test("serves once", async () => {
    const browser = replica.browser();
    const path = await browser.fromGoogle("operator@example.test");
    const kept = new Map(browser.jar);
    expect((await browser.get(path)).statusCode).toBe(303);
    const thief = replica.browser();
    for (const [name, value] of kept) thief.jar.set(name, value);
    expect((await thief.get(path)).statusCode).toBe(401);
    expect(thief.session()).toBeNull();
  });

  test("comes within ten minutes", async () => {
    const browser = replica.browser();
    const path = await browser.fromGoogle("operator@example.test");
    fixture.clock.aheadMs = 601_000;
    expect((await browser.get(path).finally(() => (fixture.clock.aheadMs = 0))).statusCode).toBe(401);
  });

  test("without a yes opens nothing and says so", async () => {
    const back = await replica.browser().signIn(null);
    expect(back.statusCode).toBe(401);
    expect(back.body).toContain("Google did not sign you in");
  });

  test("while Google is away says so, and no session begins", async () => {
    const browser = replica.browser();
    const path = await browser.fromGoogle("operator@example.test");
    await fixture.account.client.fail({ kind: "reset", on: ["token"], count: 3 });
    const back = await browser.get(path);
    expect([back.statusCode, browser.session()]).toEqual([503, null]);
    expect(back.headers["retry-after"]).toBeDefined();
  });

  test("never sends the browser to another site", async () => {
    const browser = replica.browser();
    const path = await browser.fromGoogle("operator@example.test");
    const back = await browser.get(`${path}&then=https://evil.example&redirect_uri=https://evil.example`);
    expect(back.headers.location).toBe("/me");
    expect(PUBLIC_URL).not.toContain("evil");
  });
});
