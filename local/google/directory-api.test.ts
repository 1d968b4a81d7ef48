import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { signJwt } from "./jwt.ts";
import { GROUP_MEMBERS_SCOPE } from "./service-account.ts";
import { accessToken, goodClaims, openTestAccount, postForm, type TestAccount } from "./test-account.ts";

let account: TestAccount;
let token: string;
beforeAll(async () => {
  account = await openTestAccount();
});
afterAll(() => account.close());
beforeEach(async () => {
  await account.client.reset();
  await account.client.clearFaults();
  token = await accessToken(account);
});

const OPERATORS = "fleet-operators@example.test";
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

async function get(path: string, bearer = token) {
  const response = await fetch(`${account.google.url}/admin/directory/v1${path}`, {
    headers: { authorization: `Bearer ${bearer}` },
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const mailsOf = ({ body }: Awaited<ReturnType<typeof get>>) =>
  ((body.members ?? []) as { email: string }[]).map(({ email }) => email).toSorted();
const reasonOf = ({ body }: Awaited<ReturnType<typeof get>>) =>
  (body.error as { errors: { reason: string }[] }).errors[0]?.reason;

describe("the token endpoint for a service account", () => {
  const redeem = (assertion: string) => postForm(`${account.google.url}/token`, { grant_type: JWT_BEARER, assertion });

  test("gives a token for a good assertion", async () => {
    expect(await redeem(signJwt({}, goodClaims(), account.key))).toMatchObject({
      status: 200,
      body: { token_type: "Bearer", expires_in: 3599 },
    });
  });

  const now = Math.floor(Date.now() / 1000);
  test.each([
    ["another issuer", { iss: "x@y.iam.gserviceaccount.com" }, "account not found"],
    ["another audience", { aud: "https://example.test/token" }, "Failed audience check"],
    ["a lifetime over an hour", { exp: now + 3700, iat: now }, "short-lived"],
    ["an assertion of yesterday", { iat: now - 90_000, exp: now - 86_400 }, "short-lived"],
    ["an assertion of tomorrow", { iat: now + 86_400, exp: now + 86_500 }, "short-lived"],
    ["a subject that is not there", { sub: "nobody@example.test" }, "Invalid email or User ID"],
    ["a subject of another company", { sub: "guest@other.example" }, "Invalid email or User ID"],
    ["a scope that was not delegated", { scope: `${GROUP_MEMBERS_SCOPE} https://mail.google.com/` }, "unauthorized"],
    ["no scope", { scope: undefined }, "scope is missing"],
    ["no expiry", { exp: undefined }, "exp is missing"],
  ])("refuses %s", async (...[, claims, words]) => {
    const { status, body } = await redeem(signJwt({}, { ...goodClaims(), ...claims }, account.key));
    expect([400, 401]).toContain(status);
    expect(String(body.error_description)).toContain(words);
  });

  test("refuses another key's signature, no signature, and what is no JWT", async () => {
    const { privateKey: stranger } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const good = signJwt({}, goodClaims(), account.key);
    const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${good.split(".")[1]}.`;
    for (const bad of [signJwt({}, goodClaims(), stranger), unsigned, good.slice(0, -8), "x", ""])
      expect((await redeem(bad)).body.error, bad.slice(0, 40)).toBe("invalid_grant");
    expect((await postForm(`${account.google.url}/token`, { grant_type: "password" })).body.error).toBe(
      "unsupported_grant_type",
    );
  });

  test("a token of somebody who is no administrator opens nothing, nor does one with too small a scope", async () => {
    const person = await accessToken(account, { sub: "operator@example.test" });
    expect(reasonOf(await get(`/groups/${OPERATORS}/members`, person))).toBe("forbidden");
    const nobody = await accessToken(account, { sub: undefined });
    expect(reasonOf(await get(`/groups/${OPERATORS}/members`, nobody))).toBe("forbidden");
    const small = await accessToken(account, { scope: GROUP_MEMBERS_SCOPE });
    expect(reasonOf(await get("/users/operator@example.test", small))).toBe("insufficientPermissions");
    expect(await get("/users/operator@example.test", "ya29.stranger")).toMatchObject({ status: 401 });
    await account.client.advance(3600);
    expect(await get("/users/operator@example.test")).toMatchObject({ status: 401 });
  });
});

describe("members.list", () => {
  test("shows direct members, and with includeDerivedMembership those of nested groups", async () => {
    expect(mailsOf(await get(`/groups/${OPERATORS}/members`))).toEqual(["on-call-team@example.test"]);
    expect(mailsOf(await get(`/groups/${OPERATORS}/members?includeDerivedMembership=true`))).toEqual([
      "former@example.test",
      "on-call-team@example.test",
      "operator@example.test",
    ]);
  });

  test("tells who is suspended, and no status of groups and of people of another company", async () => {
    const statuses = async (group: string) =>
      ((await get(`/groups/${group}/members`)).body.members as { email: string; status?: string }[]).map(
        ({ email, status }) => `${email} ${status}`,
      );
    expect(await statuses("on-call-team@example.test")).toEqual([
      "operator@example.test ACTIVE",
      "former@example.test SUSPENDED",
    ]);
    expect(await statuses("fleet-viewers@example.test")).toContain("guest@other.example undefined");
    expect(await statuses(OPERATORS)).toEqual(["on-call-team@example.test undefined"]);
  });

  test("gives pages whose tokens belong to one listing", async () => {
    for (const name of ["a", "b", "c"]) {
      await account.client.addUser({ email: `${name}@example.test` });
      await account.client.join("fleet-admins@example.test", `${name}@example.test`);
    }
    const first = await get("/groups/fleet-admins@example.test/members?maxResults=3");
    expect(mailsOf(first)).toHaveLength(3);
    const next = String(first.body.nextPageToken);
    const second = await get(`/groups/fleet-admins@example.test/members?maxResults=3&pageToken=${next}`);
    expect([...mailsOf(first), ...mailsOf(second)].toSorted()).toEqual([
      "a@example.test",
      "admin@example.test",
      "b@example.test",
      "c@example.test",
    ]);
    expect(second.body).not.toHaveProperty("nextPageToken");
    expect((await get(`/groups/${OPERATORS}/members?pageToken=${next}`)).status).toBe(400);
    expect((await get(`/groups/${OPERATORS}/members?pageToken=x`)).status).toBe(400);
    expect((await get(`/groups/${OPERATORS}/members?maxResults=201`)).status).toBe(400);
  });

  test("an empty group has no list at all, and an unknown one is 404", async () => {
    await account.client.leave("fleet-admins@example.test", "admin@example.test");
    expect((await get("/groups/fleet-admins@example.test/members")).body).toEqual({ kind: "admin#directory#members" });
    expect(await get("/groups/nobody@example.test/members")).toMatchObject({
      status: 404,
      body: { error: { message: "Resource Not Found: groupKey" } },
    });
  });

  test("a cycle of groups ends", async () => {
    await account.client.join("on-call-team@example.test", OPERATORS);
    expect(mailsOf(await get(`/groups/${OPERATORS}/members?includeDerivedMembership=true`))).toHaveLength(3);
  });
});

describe("members.hasMember and users.get", () => {
  test("nested membership counts, by address, alias and id", async () => {
    const { id } = (await get("/users/operator@example.test")).body;
    for (const key of ["operator@example.test", "on-call@example.test", String(id)])
      expect((await get(`/groups/${OPERATORS}/hasMember/${key}`)).body).toEqual({ isMember: true });
    expect((await get(`/groups/${OPERATORS}/hasMember/viewer@example.test`)).body).toEqual({ isMember: false });
  });

  test.each(["guest@other.example", "on-call-team@example.test", "nobody@example.test"])(
    "hasMember refuses the key %s in Google's words",
    async (key) => {
      expect(await get(`/groups/${OPERATORS}/hasMember/${key}`)).toMatchObject({
        status: 400,
        body: { error: { message: "Invalid Input: memberKey" } },
      });
    },
  );

  test("a user is shown with name, aliases and state; strangers are not", async () => {
    expect((await get("/users/on-call@example.test")).body).toMatchObject({
      primaryEmail: "operator@example.test",
      name: { fullName: "Operator on call" },
      aliases: ["on-call@example.test"],
      suspended: false,
      archived: false,
    });
    expect((await get("/users/former@example.test")).body).toMatchObject({ suspended: true });
    expect((await get("/users/guest@other.example")).status).toBe(403);
    expect((await get("/users/nobody@example.test")).status).toBe(404);
  });
});

describe("faults", () => {
  test.each([
    ["userRateLimitExceeded", 403],
    ["quotaExceeded", 403],
    ["forbidden", 403],
    ["rateLimitExceeded", 429],
    ["backendError", 503],
    ["notFound", 404],
  ] as const)("%s is answered with %i and Google's body", async (reason, status) => {
    await account.client.fail({ kind: "error", reason, on: ["members.list"] });
    const answer = await get(`/groups/${OPERATORS}/members`);
    expect(answer.status).toBe(status);
    expect(reasonOf(answer)).toBe(reason);
    expect((await get(`/groups/${OPERATORS}/members`)).status).toBe(200);
  });

  test("a fault may wait for the third call, and strike one operation only", async () => {
    await account.client.fail({ kind: "error", on: ["members.list"], after: 2 });
    const statuses: number[] = [];
    for (let call = 0; call < 4; call += 1) statuses.push((await get(`/groups/${OPERATORS}/members`)).status);
    expect(statuses).toEqual([200, 200, 503, 200]);
    expect((await account.client.calls())["members.list"]).toBeGreaterThanOrEqual(4);
  });

  test("an answer may be no JSON, break off in the middle, be reset, or never come", async () => {
    await account.client.fail({ kind: "answer", status: 200, body: "<html>" });
    await expect(get(`/groups/${OPERATORS}/members`)).rejects.toThrow(SyntaxError);
    for (const kind of ["cut", "reset"] as const) {
      await account.client.fail({ kind });
      await expect(get(`/groups/${OPERATORS}/members`)).rejects.toThrow();
    }
    await account.client.fail({ kind: "hang" });
    const hanging = fetch(`${account.google.url}/token`, { method: "POST", signal: AbortSignal.timeout(200) });
    await expect(hanging).rejects.toThrow();
  });

  test("an order that cannot be carried out is refused in words", async () => {
    await expect(account.client.removeUser("nobody@example.test")).rejects.toThrow("nobody is called");
    await expect(account.client.addUser({ email: "operator@example.test" })).rejects.toThrow("is taken");
  });
});
