import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DirectorySnapshots } from "../../ports/directory-snapshots.ts";
import { createDirectorySync } from "../../sync-directory.ts";
import { type AccessDirectory, openAccessFile } from "../access-file.ts";
import { createAuditLog } from "../postgres/audit-log.ts";
import { createDirectorySnapshots } from "../postgres/directory-snapshots.ts";
import { type GoogleDirectory, openGoogleDirectory } from "./directory.ts";
import { type GoogleStage, GROUPS, openGoogleStage } from "./google-fixture.ts";

let stage: GoogleStage;
let store: TestStore;
let folder: string;
let snapshots: DirectorySnapshots;
let directory: GoogleDirectory;
const clock = { now: () => Date.now() };
const outcomes: string[] = [];
const TOKEN = `rc_${"a".repeat(43)}`;
const OPERATOR = "100000000000000000001";
const ACCESS = `people:
  - id: operator
    name: Operator
    mails: [operator@example.test]
    slack: [{ team: T0LOCAL, user: U0OPERATOR }]
    tokens: [{ id: op, sha256: ${"5a9e1d9e4e8f0b8c".repeat(4)}, expires: 2099-01-01T00:00:00Z, scopes: [act] }]
    google: "${OPERATOR}"
    role: admin
  - id: by-mail-only
    name: Somebody
    mails: [admin@example.test]
    slack: [{ team: T0LOCAL, user: U0SECOND }]
    role: admin
blocked:
  - { person: operator, reason: on leave }
`;

beforeAll(async () => {
  stage = await openGoogleStage();
  store = await openTestStore();
  folder = await mkdtemp(join(tmpdir(), "rollcall-directory-"));
  const { createHash } = await import("node:crypto");
  const sha256 = createHash("sha256").update(TOKEN).digest("hex");
  await writeFile(join(folder, "access.yaml"), ACCESS.replace("5a9e1d9e4e8f0b8c".repeat(4), sha256));
  snapshots = createDirectorySnapshots(store.pool);
});
afterAll(async () => {
  await stage.close();
  await store.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await stage.client.reset();
  await stage.client.clearFaults();
  await store.pool.query("truncate directory_generations, directory_attempts cascade");
  outcomes.length = 0;
  directory = await open();
});
afterEach(() => directory.close());

async function open(): Promise<GoogleDirectory> {
  const doors: AccessDirectory = await openAccessFile({
    file: join(folder, "access.yaml"),
    clock,
    onProblem: () => undefined,
  });
  const workspace = stage.workspace();
  return openGoogleDirectory({ workspace, snapshots, groups: GROUPS, doors, clock, onProblem: () => undefined });
}

/** One round of the leader, and a look of this replica. */
async function sync(): Promise<void> {
  const onOutcome = (outcome: string) => void outcomes.push(outcome);
  await createDirectorySync({ workspace: stage.workspace(), snapshots, onOutcome }).runIfDue();
  await directory.refresh();
}

/** As if the last complete reading were so old. */
const makeOlder = (minutes: number) =>
  store.pool.query("update directory_generations set last_read_at = last_read_at - $1 * interval '1 minute'", [
    minutes,
  ]);
const ageMinutes = () => (clock.now() - (directory.trust().asOf ?? Number.NaN)) / 60_000;
const auditedSnapshots = async () =>
  (await createAuditLog(store.pool).search({ limit: 50 })).filter(({ event }) => event === "snapshot");

describe("the directory by Google", () => {
  test("knows nobody before the first complete reading, then who has which role from which group and since when", async () => {
    expect(directory.byId(OPERATOR)).toBeNull();
    expect(directory.trust()).toEqual({ asOf: null, held: null });
    const before = Date.now();
    await sync();
    expect(directory.byId(OPERATOR)).toMatchObject({
      name: "Operator on call",
      role: "operator",
      grants: [{ role: "operator", from: GROUPS.operator, via: ["on-call-team@example.test"] }],
    });
    const since = directory.byId(OPERATOR)?.grants?.[0]?.knownSince ?? 0;
    expect(Math.abs(since - before)).toBeLessThan(5_000);
    expect(ageMinutes()).toBeLessThan(1);
    expect(directory.withRole("operator").map(({ name }) => name)).toEqual(["Operator on call", "Second admin"]);
    await sync();
    expect(outcomes).toEqual(["new", "same"]);
    expect(directory.byId(OPERATOR)?.grants?.[0]?.knownSince).toBe(since);
  });

  test("a Slack user and a token belong to who access.yaml links by number; their roles there count for nothing", async () => {
    await sync();
    expect(directory.bySlack("T0LOCAL", "U0OPERATOR")).toMatchObject({ id: OPERATOR, role: "operator" });
    expect(directory.byToken(TOKEN)).toMatchObject({ person: { id: OPERATOR, role: "operator" }, scopes: ["act"] });
    // G13: an address links nobody, because it may be given to somebody else.
    expect(directory.bySlack("T0LOCAL", "U0SECOND")).toMatchObject({ id: "by-mail-only", role: null });
    await stage.client.removeUser(OPERATOR);
    await stage.client.addUser({ email: "operator@example.test" });
    await stage.client.join(GROUPS.admin, "operator@example.test");
    await sync();
    expect(directory.bySlack("T0LOCAL", "U0OPERATOR")).toMatchObject({ role: null });
  });

  test("who is blocked in access.yaml is blocked as the Google account too", async () => {
    await sync();
    expect(directory.standingRules().blocks.map(({ person }) => person)).toEqual(["operator", OPERATOR]);
  });

  test("G4: who is taken out of a group has no role after the next round, and that is audited", async () => {
    await sync();
    await stage.client.leave("on-call-team@example.test", "operator@example.test");
    await sync();
    expect(directory.byId(OPERATOR)).toBeNull();
    const [newest] = await auditedSnapshots();
    expect(newest).toMatchObject({
      action: "in-force",
      targets: [OPERATOR],
      before: { people: 3 },
      after: { people: 2 },
      detail: { changes: [{ id: OPERATOR, before: "operator", after: null }] },
    });
  });

  test("G4, G5: asked live, who was just taken out is refused although the list still has them", async () => {
    await sync();
    expect(await directory.confirm(OPERATOR, "operator")).toBe(true);
    expect(await directory.confirm(OPERATOR, "admin")).toBe(false);
    await stage.client.leave("on-call-team@example.test", "operator@example.test");
    expect(directory.byId(OPERATOR)?.role).toBe("operator");
    expect(await directory.confirm(OPERATOR, "operator")).toBe(false);
    expect(await directory.confirm("100000000000000000099", "viewer")).toBe(false);
    await stage.client.fail({ kind: "error", reason: "quotaExceeded", count: 50 });
    await expect(directory.confirm(OPERATOR, "operator")).rejects.toMatchObject({ code: "unavailable" });
  });

  test.each([
    ["G1", "reset", undefined, "away"],
    ["G2", "error", "userRateLimitExceeded", "quota"],
    ["G2", "error", "quotaExceeded", "quota"],
    ["G2", "error", "rateLimitExceeded", "quota"],
    ["G3", "error", "forbidden", "config"],
    ["G9", "answer", undefined, "away"],
  ] as const)("%s: %s %s takes nobody's role and makes nothing fresh: %s", async (...[, kind, reason, problem]) => {
    await sync();
    await makeOlder(4);
    await stage.client.fail({ kind, count: 500, ...(reason === undefined ? {} : { reason }) });
    await sync();
    expect(outcomes).toEqual(["new", problem]);
    expect(directory.byId(OPERATOR)?.role).toBe("operator");
    expect(ageMinutes()).toBeGreaterThan(4);
    expect(directory.state()?.attempt).toMatchObject({ problem });
    await stage.client.clearFaults();
    await sync();
    expect(ageMinutes()).toBeLessThan(1);
    expect(directory.state()?.attempt).toMatchObject({ problem: null });
  });

  test("the last good list is there after a restart in the middle of an outage, with its age", async () => {
    await sync();
    await makeOlder(7);
    directory.close();
    directory = await open();
    await stage.client.fail({ kind: "reset", count: 500 });
    await directory.refresh();
    expect(directory.byId(OPERATOR)?.role).toBe("operator");
    expect(Math.round(ageMinutes())).toBe(7);
  });

  test("a leader's clock does not matter: ages are by the database", async () => {
    await sync();
    const { rows } = await store.pool.query(
      "select abs(extract(epoch from now() - last_read_at)) < 30 as near from directory_generations",
    );
    expect(rows).toEqual([{ near: true }]);
    expect(ageMinutes()).toBeGreaterThanOrEqual(0);
  });

  test("a reading that began before the newest one changes nothing", async () => {
    const early = await stage.workspace().read();
    await sync();
    await stage.client.leave("on-call-team@example.test", "operator@example.test");
    await sync();
    expect(await snapshots.save(early, 60_000)).toBe("late");
    await directory.refresh();
    expect(directory.byId(OPERATOR)).toBeNull();
  });
});

describe("G10: a list that shrinks too much", () => {
  const fill = async (people: number) => {
    for (let person = 0; person < people; person += 1) {
      const { id } = stage.google.directory.addUser({ email: `p${person}@example.test` });
      stage.google.directory.join(GROUPS.operator, id);
    }
  };

  test("is held: everybody may still look, and why no change may rest on it is said; a person on the host puts it in force", async () => {
    await fill(7);
    await sync();
    for (let person = 0; person < 5; person += 1)
      stage.google.directory.leave(GROUPS.operator, `p${person}@example.test`);
    await sync();
    await sync();
    expect(outcomes).toEqual(["new", "held", "held"]);
    expect(directory.trust().held).toBe("viewers shrank from 10 to 5 people, operators shrank from 9 to 4 people");
    expect(directory.byMail("p0@example.test")?.role).toBe("operator");
    expect((await auditedSnapshots()).slice(0, 2)).toMatchObject([{ action: "held" }, { action: "in-force" }]);
    expect(await snapshots.acceptHeld("host:root", "five people changed teams")).toBe(5);
    await directory.refresh();
    expect(directory.trust().held).toBeNull();
    expect(directory.byMail("p0@example.test")).toBeNull();
    expect((await auditedSnapshots())[0]).toMatchObject({
      action: "confirmed",
      actor: "host:root",
      reason: "five people changed teams",
    });
    expect(await snapshots.acceptHeld("host:root", "again")).toBeNull();
  });

  test("is held when nobody is left at all, also when Google says it about an emptied group", async () => {
    await sync();
    for (const group of [GROUPS.admin, GROUPS.operator, GROUPS.viewer])
      for (const { id } of stage.google.directory.group(group)?.members ?? []) stage.google.directory.leave(group, id);
    await sync();
    expect(directory.trust().held).toBe("nobody is left of 3 people");
    expect(directory.byId(OPERATOR)?.role).toBe("operator");
  });

  test("is no longer held when the people are back, and the age counts from the list in force meanwhile", async () => {
    await fill(7);
    await sync();
    await makeOlder(20);
    for (let person = 0; person < 6; person += 1)
      stage.google.directory.leave(GROUPS.operator, `p${person}@example.test`);
    await sync();
    expect(ageMinutes()).toBeGreaterThan(19);
    for (let person = 0; person < 6; person += 1)
      stage.google.directory.join(GROUPS.operator, `p${person}@example.test`);
    await sync();
    expect(directory.trust().held).toBeNull();
    expect(ageMinutes()).toBeLessThan(1);
    expect((await auditedSnapshots())[0]).toMatchObject({ action: "held-list-dropped" });
  });
});
