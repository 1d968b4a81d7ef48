import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openTestGrafana, type TestGrafana } from "./grafana-fixture.ts";

let it: TestGrafana;
beforeAll(async () => {
  it = await openTestGrafana();
});
afterEach(() => it.client.clear());
afterAll(() => it.close());

const now = () => Math.floor(Date.now() / 1000);
type Order = Parameters<TestGrafana["client"]["alterTokens"]>[0];

/** Stands for the root_url of the test's Grafana. */
const ROOT = "{root}";

/** The viewer's token, made otherwise than Grafana would. */
async function alteredToken(order: Order): Promise<string> {
  const ordered = JSON.parse(JSON.stringify(order).replaceAll(ROOT, it.grafana.url)) as Order;
  await it.client.alterTokens(ordered);
  return it.client.tokenOf("viewer");
}

describe("a token that Grafana signed for a person", () => {
  test("proves who it is, and nothing of what they may do", async () => {
    const user = await it.prove(await it.client.tokenOf("viewer"));
    expect(user).toEqual({
      subject: "user:sample-viewer",
      org: "org:1",
      name: "Viewer",
      mail: "viewer@example.test",
      expiresAt: expect.any(Number),
    });
    expect(user.expiresAt - Date.now()).toBeGreaterThan(590_000);
  });

  test("proves no address that Grafana has not verified", async () => {
    expect(await it.prove(await it.client.tokenOf("unverified"))).toMatchObject({ mail: null });
    await it.client.alterTokens({ claims: { email_verified: null } });
    expect(await it.prove(await it.client.tokenOf("viewer"))).toMatchObject({ mail: null });
  });

  test.each<[string, Order]>([
    ["by the plain root_url, without its slash", { claims: { iss: ROOT } }],
    ["with its organisation as plain text", { claims: { aud: "org:1" } }],
    ["by a clock that is 4 seconds ahead or behind", { claims: { exp: now() + 604, nbf: now() + 4 } }],
    ["with claims that we do not know", { claims: { role: "Admin", namespace: "stacks-7", groups: ["admins"] } }],
  ])("counts %s", async (_, order) => {
    expect(await it.prove(await alteredToken(order))).toMatchObject({ subject: "user:sample-viewer" });
  });
});

describe("a token is refused", () => {
  test.each<[string, Order, string]>([
    ["for another organisation", { claims: { aud: ["org:2"] } }, "aud"],
    ["for ours and another organisation", { claims: { aud: ["org:1", "org:2"] } }, "one organisation"],
    ["for the organisation org:10", { claims: { aud: ["org:10"] } }, "aud"],
    ["for nobody", { claims: { aud: null } }, "aud"],
    ["by another Grafana", { claims: { iss: "https://grafana.evil.example/" } }, "iss"],
    ["by nobody", { claims: { iss: null } }, "iss"],
    ["with an issuer that only begins like ours", { claims: { iss: `${ROOT}.evil.example/` } }, "iss"],
    ["that has expired", { claims: { exp: now() - 60 } }, "has expired"],
    ["that never expires", { claims: { exp: null } }, "exp"],
    ["whose end is no number", { claims: { exp: "2099-01-01" } }, "exp"],
    ["that lives for an hour", { claims: { exp: now() + 3600 } }, "lives longer than 600 seconds"],
    ["that is not good yet", { claims: { nbf: now() + 60 } }, "nbf"],
    ["of another type", { header: { typ: "at+jwt" } }, "typ"],
    ["of no type", { header: { typ: null } }, "typ"],
    ["for a service account", { claims: { sub: "service-account:7", type: "service-account" } }, "not of a person"],
    [
      "for a person by its subject, for a service account by its type",
      { claims: { type: "service-account" } },
      "person",
    ],
    ["for an API key", { claims: { sub: "api-key:7" } }, "not of a person"],
    ["for an anonymous visitor", { claims: { sub: "anonymous:0" } }, "not of a person"],
    ["for a number", { claims: { sub: 7 } }, "not of a person"],
    ["for nobody in particular", { claims: { sub: null } }, "sub"],
    ["for a subject that is no id", { claims: { sub: "user:x/../admin" } }, "not of a person"],
    ["without a signature", { signature: "none" }, "not signed by ES256"],
    ["signed with the text of the public key", { signature: "HS256" }, "not signed by ES256"],
    ["signed with another key under the name of ours", { signature: "stranger" }, "not signed by Grafana"],
    ["that names no key", { header: { kid: null } }, "names no key"],
    ["that names an empty key", { header: { kid: "" } }, "names no key"],
    ["that names a key nobody knows", { header: { kid: "id-1999-01-es256" } }, "publishes no key"],
    ["that names a file as its key", { header: { kid: "../../../etc/passwd" } }, "publishes no key"],
    ["that names a query as its key", { header: { kid: "' or 1=1 --" } }, "publishes no key"],
    ["that demands something unknown to be understood", { header: { crit: ["door"], door: "open" } }, "no JWT"],
  ])("%s", async (_, order, why) => {
    const token = await alteredToken(order);
    await expect(it.prove(token)).rejects.toMatchObject({
      code: "unauthenticated",
      message: expect.stringContaining(why),
    });
  });

  test.each(["jku", "x5u", "jwk"])("whose own header %s says where its key is", async (name) => {
    const key = { kty: "EC", crv: "P-256", x: "AA", y: "AA" };
    const header = { kid: "theirs", [name]: name === "jwk" ? key : "http://127.0.0.1:9/keys" };
    await it.client.alterTokens({ signature: "stranger", header });
    await expect(it.prove(await it.client.tokenOf("second"))).rejects.toMatchObject({ code: "unauthenticated" });
  });

  test("after its claims were changed behind the signature", async () => {
    const [head, body = "", signature] = (await it.client.tokenOf("viewer")).split(".");
    const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as object;
    const changed = Buffer.from(JSON.stringify({ ...claims, email: "admin@example.test" })).toString("base64url");
    await expect(it.prove(`${head}.${changed}.${signature}`)).rejects.toThrow("is not signed by Grafana");
  });

  test.each([
    ["empty", ""],
    ["one letter", "x"],
    ["three of them", "a.b.c"],
    ["two dots", ".."],
    ["JSON", "{}"],
    ["9,000 letters", "a".repeat(9000)],
    ["an API token", `Bearer rc_${"t".repeat(43)}`],
  ])("that is %s", async (_, text) => {
    await expect(it.prove(text)).rejects.toMatchObject({ code: "unauthenticated" });
  });

  test("with what to do next, and never with a word of the token", async () => {
    await it.client.alterTokens({ claims: { exp: now() - 60 } });
    const token = await it.client.tokenOf("viewer");
    await expect(it.prove(token)).rejects.toMatchObject({
      detail: { rule: "expired-credential", next: "Reload the page: Grafana makes a new one." },
    });
    await expect(it.prove(token)).rejects.not.toMatchObject({ message: expect.stringContaining(token.slice(-20)) });
  });
});
