import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { WorkspaceReading } from "../../domain/workspace.ts";
import { type GoogleStage, GROUPS, openGoogleStage } from "./google-fixture.ts";

let stage: GoogleStage;
beforeAll(async () => {
  stage = await openGoogleStage();
});
afterAll(() => stage.close());
beforeEach(async () => {
  await stage.client.reset();
  await stage.client.clearFaults();
});

const OPERATOR = "100000000000000000001";
const VIEWER = "100000000000000000003";
const GUEST = "100000000000000000004";
const names = ({ people }: WorkspaceReading) => people.map(({ name }) => name);
const rolesOf = ({ people }: WorkspaceReading, id: string) =>
  people.find((person) => person.id === id)?.grants.map(({ role }) => role);

describe("reading the groups", () => {
  test("says who has which role, by which group, and who is left out and why", async () => {
    const reading = await stage.workspace().read();
    expect(reading.people).toEqual([
      {
        id: OPERATOR,
        name: "Operator on call",
        mails: ["operator@example.test", "on-call@example.test"],
        isExternal: false,
        grants: [{ role: "operator", group: GROUPS.operator, via: ["on-call-team@example.test"] }],
      },
      {
        id: "100000000000000000002",
        name: "Second admin",
        mails: ["admin@example.test"],
        isExternal: false,
        grants: [{ role: "admin", group: GROUPS.admin, via: [] }],
      },
      {
        id: VIEWER,
        name: "Viewer",
        mails: ["viewer@example.test"],
        isExternal: false,
        grants: [{ role: "viewer", group: GROUPS.viewer, via: [] }],
      },
    ]);
    expect(reading.leftOut.join("; ")).toContain("former@example.test is suspended");
    expect(reading.leftOut.join("; ")).toContain("guest@other.example is not, or no longer, of this account");
  });

  test("G6: groups inside groups count, each once, and a circle of groups ends", async () => {
    await stage.client.join("on-call-team@example.test", GROUPS.admin);
    await stage.client.join(GROUPS.admin, GROUPS.operator);
    const reading = await stage.workspace().read();
    expect(rolesOf(reading, OPERATOR)).toEqual(["operator", "admin"]);
    expect(rolesOf(reading, "100000000000000000002")).toEqual(["operator", "admin"]);
  });

  test("G6: a group ten deep counts, one eleven deep does not and is named", async () => {
    const group = (depth: number) => `depth-${depth}@example.test`;
    for (let depth = 1; depth <= 11; depth += 1) {
      await stage.client.addGroup({ email: group(depth) });
      await stage.client.join(depth === 1 ? GROUPS.admin : group(depth - 1), group(depth));
    }
    await stage.client.join(group(10), "viewer@example.test");
    await stage.client.join(group(11), "operator@example.test");
    const reading = await stage.workspace().read();
    expect(rolesOf(reading, VIEWER)).toEqual(["viewer", "admin"]);
    expect(rolesOf(reading, OPERATOR)).toEqual(["operator"]);
    expect(reading.leftOut).toContain(`groups more than 10 deep inside ${GROUPS.admin}`);
  });

  test.each([
    ["suspended", { suspended: true }],
    ["archived", { archived: true }],
  ])("G7: somebody %s has no role, although they are still in the group", async (state, change) => {
    await stage.client.changeUser("operator@example.test", change);
    const reading = await stage.workspace().read();
    expect(rolesOf(reading, OPERATOR)).toBeUndefined();
    expect(reading.leftOut).toContain(`operator@example.test is ${state}`);
  });

  test("G8: somebody of another company has a role only if the domain is listed, and not one that only looks like it", async () => {
    expect(names(await stage.workspace().read())).not.toContain("guest@other.example");
    const listed = await stage.workspace({ foreignDomains: ["other.example"] }).read();
    expect(rolesOf(listed, GUEST)).toEqual(["viewer"]);
    for (const email of ["x@evil-other.example", "x@other.example.evil.example", "x@sub.other.example"]) {
      const { id } = await stage.client.addUser({ email });
      await stage.client.join(GROUPS.admin, email);
      const reading = await stage.workspace({ foreignDomains: ["other.example"] }).read();
      expect(rolesOf(reading, id), email).toBeUndefined();
    }
  });

  test("G9: when the third page of five fails, nothing of it counts", async () => {
    for (let person = 0; person < 900; person += 1) {
      const { id } = stage.google.directory.addUser({ email: `p${person}@example.test` });
      stage.google.directory.join(GROUPS.viewer, id);
    }
    await stage.client.fail({ kind: "error", reason: "forbidden", on: ["members.list"], after: 2 });
    await expect(stage.workspace().read()).rejects.toMatchObject({ code: "unavailable" });
    expect((await stage.workspace().read()).people).toHaveLength(903);
  });

  test("G13: a renamed person stays the same person, and who gets the old address is another", async () => {
    await stage.client.changeUser("operator@example.test", { email: "new-name@example.test" });
    const hired = await stage.client.addUser({ email: "operator@example.test" });
    const reading = await stage.workspace().read();
    expect(rolesOf(reading, OPERATOR)).toEqual(["operator"]);
    expect(reading.people.find(({ id }) => id === OPERATOR)?.mails).toContain("new-name@example.test");
    expect(rolesOf(reading, hired.id)).toBeUndefined();
  });

  test("an empty group is nobody; an answer that is no answer of Google's is no empty group", async () => {
    await stage.client.leave(GROUPS.admin, "admin@example.test");
    expect(names(await stage.workspace().read())).toEqual(["Operator on call", "Viewer"]);
    for (const body of ["{}", "[]", "", "null", '{"members":[]}', '{"kind":"admin#directory#members","members":{}}']) {
      await stage.client.fail({ kind: "answer", body, on: ["members.list"], count: 3 });
      await expect(stage.workspace().read(), body).rejects.toMatchObject({ code: "unavailable" });
      await stage.client.clearFaults();
    }
  });
});

describe("when Google does not say", () => {
  const outcome = async (read: Promise<unknown>) =>
    read.then(
      () => "read",
      (error: { detail?: { rule?: string } }) => error.detail?.rule,
    );

  test.each(["userRateLimitExceeded", "quotaExceeded", "rateLimitExceeded"] as const)(
    "G2: %s is asked again after a pause, and if it lasts it is unknown, never a removal",
    async (reason) => {
      await stage.client.fail({ kind: "error", reason, on: ["members.list"], count: 2 });
      expect(await outcome(stage.workspace().read())).toBe("read");
      await stage.client.fail({ kind: "error", reason, on: ["members.list"], count: 50 });
      expect(await outcome(stage.workspace().read())).toBe("directory-quota");
    },
  );

  test.each(["forbidden", "insufficientPermissions", "domainCannotUseApis"] as const)(
    "G3: %s is a mistake of the configuration, and is not asked again",
    async (reason) => {
      await stage.client.fail({ kind: "error", reason, on: ["members.list"], count: 50 });
      const before = (await stage.client.calls())["members.list"] ?? 0;
      expect(await outcome(stage.workspace().read())).toBe("directory-config");
      expect(((await stage.client.calls())["members.list"] ?? 0) - before).toBe(1);
    },
  );

  test("G3: a key that was taken away, another administrator, a group that is not there: the configuration", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const stranger = String(privateKey.export({ format: "pem", type: "pkcs8" }));
    expect(await outcome(stage.workspace({ privateKey: stranger }).read())).toBe("directory-config");
    expect(await outcome(stage.workspace({ administrator: "viewer@example.test" }).read())).toBe("directory-config");
    const groups = { ...GROUPS, admin: "nobody@example.test" };
    await expect(stage.workspace({ groups }).read()).rejects.toThrow("nobody@example.test");
    expect(await outcome(stage.workspace({ groups }).read())).toBe("directory-config");
  });

  test.each(["reset", "cut"] as const)(
    "G1: a connection that is %s is tried again, then it is an outage",
    async (kind) => {
      await stage.client.fail({ kind, on: ["members.list"], count: 2 });
      expect(await outcome(stage.workspace().read())).toBe("read");
      await stage.client.fail({ kind, on: ["members.list"], count: 50 });
      expect(await outcome(stage.workspace().read())).toBe("directory-away");
    },
  );

  test("an access token that was taken back is renewed once", async () => {
    const workspace = stage.workspace();
    await workspace.read();
    await stage.client.revokeAccessTokens();
    expect(await outcome(workspace.read())).toBe("read");
  });
});

describe("asking live", () => {
  const operator = { id: OPERATOR, isExternal: false };
  const isIn = (groups = [GROUPS.operator]) => stage.workspace().isIn(operator, groups);

  test("says whether somebody is in one of the groups now, nested ones included", async () => {
    expect(await isIn()).toBe(true);
    expect(await isIn([GROUPS.admin])).toBe(false);
    expect(await isIn([GROUPS.admin, GROUPS.operator])).toBe(true);
    await stage.client.leave("on-call-team@example.test", "operator@example.test");
    expect(await isIn()).toBe(false);
  });

  test("G7: who is suspended, archived or deleted is not in it, although the group still has them", async () => {
    await stage.client.changeUser(OPERATOR, { suspended: true });
    expect(await isIn()).toBe(false);
    await stage.client.changeUser(OPERATOR, { suspended: false, archived: true });
    expect(await isIn()).toBe(false);
    await stage.client.removeUser(OPERATOR);
    expect(await isIn()).toBe(false);
  });

  test("G8: Google does not say it of people of another company, so their group is read", async () => {
    const guest = { id: GUEST, isExternal: true };
    expect(await stage.workspace().isIn(guest, [GROUPS.viewer])).toBe(true);
    expect(await stage.workspace().isIn(guest, [GROUPS.admin])).toBe(false);
    await expect(stage.workspace().isIn({ ...guest, isExternal: false }, [GROUPS.viewer])).rejects.toThrow("forbidden");
  });

  test("a group that does not answer is no no, unless another one says yes", async () => {
    await stage.client.fail({ kind: "error", reason: "backendError", on: ["members.hasMember"], count: 50 });
    await expect(isIn()).rejects.toMatchObject({ code: "unavailable" });
    await stage.client.clearFaults();
    await expect(isIn(["nobody@example.test"])).rejects.toMatchObject({ detail: { rule: "directory-config" } });
    expect(await isIn(["nobody@example.test", GROUPS.operator])).toBe(true);
  });

  test("G11: a Google that takes 30 s is given up within the 5 s that an answer may take", async () => {
    await stage.client.fail({ kind: "slow", on: ["members.hasMember"], count: 50, delay_ms: 30_000 });
    const startedAt = performance.now();
    await expect(isIn()).rejects.toMatchObject({ code: "unavailable" });
    expect(performance.now() - startedAt).toBeLessThan(6_000);
    await stage.client.clearFaults();
    await stage.client.fail({ kind: "hang", on: ["token"], count: 50 });
    const again = performance.now();
    await expect(isIn()).rejects.toMatchObject({ code: "unavailable" });
    expect(performance.now() - again).toBeLessThan(6_000);
  });
});
