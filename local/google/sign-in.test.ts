import { createHash, createPublicKey, randomBytes, verify } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { isSignedBy, readJwt } from "./jwt.ts";
import { CLIENT, openTestAccount, postForm, REDIRECT_URI, type TestAccount } from "./test-account.ts";

let account: TestAccount;
beforeAll(async () => {
  account = await openTestAccount();
});
afterAll(() => account.close());
beforeEach(async () => {
  await account.client.reset();
  await account.client.clearFaults();
});

const verifier = randomBytes(32).toString("base64url");
const asked = {
  client_id: CLIENT.id,
  redirect_uri: REDIRECT_URI,
  response_type: "code",
  scope: "openid email profile",
  state: "s-1",
  nonce: "n-1",
  code_challenge: createHash("sha256").update(verifier).digest("base64url"),
  code_challenge_method: "S256",
  access_type: "offline",
};
const authorizeUrl = (more: Record<string, string> = {}) =>
  `${account.google.url}/o/oauth2/v2/auth?${new URLSearchParams({ ...asked, ...more })}`;
const codeOf = async (person: string) =>
  String((await account.client.signIn(authorizeUrl(), person)).searchParams.get("code"));
const redeem = (code: string, more: Record<string, string> = {}) =>
  postForm(`${account.google.url}/token`, {
    grant_type: "authorization_code",
    client_id: CLIENT.id,
    client_secret: CLIENT.secret,
    redirect_uri: REDIRECT_URI,
    code_verifier: verifier,
    code,
    ...more,
  });
const refresh = (token: unknown) =>
  postForm(`${account.google.url}/token`, {
    grant_type: "refresh_token",
    client_id: CLIENT.id,
    client_secret: CLIENT.secret,
    refresh_token: String(token),
  });
const claimsOf = (idToken: unknown) => readJwt(String(idToken))?.claims;

async function publishedKeys(): Promise<{ kid: string }[]> {
  const response = await fetch(`${account.google.url}/oauth2/v3/certs`);
  return ((await response.json()) as { keys: { kid: string }[] }).keys;
}

describe("sign-in", () => {
  test("a person who says who they are comes back with a code for a signed ID token", async () => {
    const back = await account.client.signIn(authorizeUrl(), "operator@example.test");
    expect(back.href).toMatch(/^http:\/\/127\.0\.0\.1:8080\/auth\/google\/callback\?state=s-1&code=/);
    const { status, body } = await redeem(String(back.searchParams.get("code")));
    expect(status).toBe(200);
    expect(claimsOf(body.id_token)).toMatchObject({
      iss: account.google.url,
      aud: CLIENT.id,
      sub: "100000000000000000001",
      hd: "example.test",
      email: "operator@example.test",
      email_verified: true,
      nonce: "n-1",
    });
    const jwt = readJwt(String(body.id_token));
    const jwk = (await publishedKeys()).find(({ kid }) => kid === jwt?.header.kid);
    const key = createPublicKey({ key: jwk as never, format: "jwk" });
    expect(jwt !== null && verify("sha256", Buffer.from(jwt.signed), key, jwt.signature)).toBe(true);
  });

  test("somebody of another company has no hd", async () => {
    const { body } = await redeem(await codeOf("guest@other.example"));
    expect(claimsOf(body.id_token)).toMatchObject({ email: "guest@other.example" });
    expect(claimsOf(body.id_token)).not.toHaveProperty("hd");
  });

  test("who cancels, and who is suspended, comes back without a code", async () => {
    for (const person of [null, "former@example.test", "nobody@example.test"]) {
      const back = await account.client.signIn(authorizeUrl(), person);
      expect(back.searchParams.get("error")).toBe("access_denied");
      expect(back.searchParams.get("code")).toBeNull();
    }
  });

  test.each([
    ["another client", { client_id: "x" }],
    ["an address that is not registered", { redirect_uri: "http://127.0.0.1:8080/elsewhere" }],
    ["no PKCE", { code_challenge: "" }],
    ["PKCE in the clear", { code_challenge_method: "plain" }],
    ["the implicit flow", { response_type: "token" }],
    ["no scope openid", { scope: "email" }],
  ])("the page refuses %s and sends nobody anywhere", async (...[, more]) => {
    await expect(account.client.signIn(authorizeUrl(more), "operator@example.test")).rejects.toThrow(/answered 40[01]/);
  });

  test("a code works once; its second use takes back what the first one gave", async () => {
    const code = await codeOf("operator@example.test");
    const { body } = await redeem(code);
    expect((await redeem(code)).body.error).toBe("invalid_grant");
    expect((await refresh(body.refresh_token)).body.error).toBe("invalid_grant");
  });

  test.each([
    ["another verifier", { code_verifier: "x".repeat(43) }],
    ["no verifier", { code_verifier: "" }],
    ["another secret", { client_secret: "GOCSPX-wrong" }],
    ["another client", { client_id: "x" }],
    ["another address", { redirect_uri: "http://127.0.0.1:8080/elsewhere" }],
    ["another code", { code: "4/0Ax" }],
  ])("a code is not redeemed with %s", async (...[, more]) => {
    expect((await redeem(await codeOf("operator@example.test"), more)).status).toBeGreaterThanOrEqual(400);
  });

  test("a code ends after ten minutes", async () => {
    const code = await codeOf("operator@example.test");
    await account.client.advance(601);
    expect((await redeem(code)).body.error).toBe("invalid_grant");
  });

  test("a refresh token gives new tokens until the person is suspended, removed, or it is revoked", async () => {
    const tokens = async (person: string) => (await redeem(await codeOf(person))).body;
    const first = await tokens("operator@example.test");
    expect(claimsOf((await refresh(first.refresh_token)).body.id_token)).toMatchObject({
      sub: "100000000000000000001",
    });
    await account.client.changeUser("operator@example.test", { suspended: true });
    expect((await refresh(first.refresh_token)).body.error).toBe("invalid_grant");
    const second = await tokens("viewer@example.test");
    await account.client.removeUser("viewer@example.test");
    expect((await refresh(second.refresh_token)).body.error).toBe("invalid_grant");
    const third = await tokens("admin@example.test");
    expect((await postForm(`${account.google.url}/revoke`, { token: String(third.refresh_token) })).status).toBe(200);
    expect((await refresh(third.refresh_token)).body.error).toBe("invalid_grant");
  });

  test("userinfo tells whose an access token is", async () => {
    const { body } = await redeem(await codeOf("admin@example.test"));
    const ask = (token: unknown) =>
      fetch(`${account.google.url}/v1/userinfo`, { headers: { authorization: `Bearer ${token}` } });
    expect(await (await ask(body.access_token)).json()).toMatchObject({ email: "admin@example.test" });
    expect((await ask("ya29.x")).status).toBe(401);
  });
});

describe("keys", () => {
  test("the document names the addresses of this stand-in", async () => {
    const response = await fetch(`${account.google.url}/.well-known/openid-configuration`);
    expect(await response.json()).toMatchObject({
      issuer: account.google.url,
      jwks_uri: `${account.google.url}/oauth2/v3/certs`,
    });
  });

  test("after a rotation the new key signs and the old one is still published, until it is forgotten", async () => {
    const [before] = await publishedKeys();
    const kid = await account.client.rotateKeys();
    expect((await publishedKeys()).map((key) => key.kid)).toEqual([kid, before?.kid]);
    const { body } = await redeem(await codeOf("admin@example.test"));
    expect(readJwt(String(body.id_token))?.header.kid).toBe(kid);
    const last = await account.client.rotateKeys(true);
    expect((await publishedKeys()).map((key) => key.kid)).toEqual([last]);
  });

  test("an ID token may be made otherwise than Google would: claims, header, signature", async () => {
    const next = async () => String((await redeem(await codeOf("admin@example.test"))).body.id_token);
    await account.client.alterIdTokens({ claims: { aud: "another", nonce: null }, header: { kid: "../../x" } });
    const altered = readJwt(await next());
    expect(altered).toMatchObject({ header: { kid: "../../x" }, claims: { aud: "another" } });
    expect(altered?.claims).not.toHaveProperty("nonce");
    for (const [signature, alg] of [
      ["none", "none"],
      ["HS256", "HS256"],
      ["stranger", "RS256"],
    ] as const) {
      await account.client.alterIdTokens({ signature });
      const jwt = readJwt(await next());
      expect(jwt?.header.alg).toBe(alg);
      const keys = (await publishedKeys()).map((key) => createPublicKey({ key: key as never, format: "jwk" }));
      expect(keys.some((key) => jwt !== null && isSignedBy(jwt, key))).toBe(false);
    }
    expect(readJwt(await next())?.claims).toMatchObject({ aud: CLIENT.id, nonce: "n-1" });
  });
});
