import { generateKeyPairSync } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createDirectorySnapshots } from "@rollcall/core/adapters/postgres/directory-snapshots.ts";
import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ADMIN, openTestAccount, SERVICE_ACCOUNT, type TestAccount } from "../google/test-account.ts";
import { checkGoogle } from "./check-google.ts";
import { createPlace, expectOne } from "./doctor-fixture.ts";

const place = createPlace();
let account: TestAccount;
let store: TestStore;
beforeAll(async () => {
  account = await openTestAccount();
  store = await openTestStore();
});
afterAll(async () => {
  await account.close();
  await store.close();
});
beforeEach(async () => {
  place.renew();
  await account.client.reset();
  await account.client.clearFaults();
  writeKey();
});

const keyFile = () => join(place.folder, "key.json");
function writeKey(changes: object = {}, mode = 0o600): void {
  const key = {
    type: "service_account",
    client_email: SERVICE_ACCOUNT,
    client_id: "118000000000000000001",
    private_key: account.privateKey,
  };
  writeFileSync(keyFile(), JSON.stringify({ ...key, ...changes }));
  chmodSync(keyFile(), mode);
}

/** A check with these lines of `.env`, of a stack that runs or not. */
async function check(changes: Record<string, string> = {}, about: { databaseUrl?: string; isRunning?: boolean } = {}) {
  const settings = {
    GOOGLE_SERVICE_ACCOUNT_FILE: keyFile(),
    GOOGLE_DELEGATED_ADMIN: ADMIN,
    GOOGLE_API_URL: `${account.google.url}/`,
    ROLLCALL_GROUP_ADMIN: "fleet-admins@example.test",
    ROLLCALL_GROUP_OPERATOR: "fleet-operators@example.test",
    ROLLCALL_GROUP_VIEWER: "fleet-viewers@example.test",
    ...changes,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  return checkGoogle(place.situation(about, lines.join("")));
}

describe("npm run doctor, on Google", () => {
  test("says what is in order: the key, in whose name people are read, and each group", async () => {
    expect(await check()).toEqual([
      expect.objectContaining({ state: "fine", found: `of ${SERVICE_ACCOUNT}, for its owner only` }),
      expect.objectContaining({ state: "fine", found: `people are read in the name of ${ADMIN}` }),
      expect.objectContaining({ state: "fine", found: expect.stringContaining("fleet-viewers@example.test, ") }),
      expect.objectContaining({ state: "fine", found: expect.stringContaining("fleet-operators@example.test, ") }),
      expect.objectContaining({ state: "fine", found: expect.stringContaining("fleet-admins@example.test, ") }),
    ]);
  });

  test("skips it where roles come from access.yaml, or the stand-in does not run", async () => {
    const skipped = expect.objectContaining({ state: "skipped" });
    expect(await checkGoogle(place.situation())).toEqual([skipped]);
    expect(await checkGoogle(place.situation({}, "ROLLCALL_DIRECTORY=google\n"))).toEqual([skipped]);
  });

  test("a key that is not there, is none, or can be read by others is named", async () => {
    expectOne(await check({ GOOGLE_SERVICE_ACCOUNT_FILE: "/nowhere" }), /cannot be read \(ENOENT\)/, /step 1/);
    writeKey({ type: "authorized_user" });
    expectOne(await check(), /not the key of a service account: look at type/, /step 1/);
    writeKey({}, 0o644);
    expectOne(await check(), /can be read by others \(mode 644\)/, /chmod 600/);
    const strict = await check({ ROLLCALL_PRODUCTION: "true" });
    expectOne(strict, /can be read by others/, /step 1/);
    expect(strict).toHaveLength(1);
  });

  test("a key of somebody else, a deleted key and another administrator are told apart", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeKey({ private_key: String(privateKey.export({ format: "pem", type: "pkcs8" })) });
    expectOne(await check(), /Invalid JWT Signature/, /key was deleted/);
    writeKey({ client_email: "other@local-project.iam.gserviceaccount.com" });
    expectOne(await check(), /account not found/, /key was deleted/);
    writeKey();
    expectOne(
      await check({ GOOGLE_DELEGATED_ADMIN: "nobody@example.test" }),
      /Invalid email/,
      /GOOGLE_DELEGATED_ADMIN/,
    );
    expectOne(
      await check({ GOOGLE_DELEGATED_ADMIN: "viewer@example.test" }),
      /forbidden/,
      /administrator who may read/,
    );
  });

  test("a missing delegation says to which number which scopes are given", async () => {
    await account.client.fail({ kind: "error", reason: "insufficientPermissions", count: 50 });
    const readonly = /118000000000000000001 exactly .*group\.member\.readonly and .*user\.readonly/;
    expectOne(await check(), /insufficient authentication scopes/, readonly);
  });

  test("a group that is not there, or has nobody, is named by its setting", async () => {
    const gone = { ROLLCALL_GROUP_VIEWER: "no-such@example.test" };
    expectOne(await check(gone), /404 notFound/, /Set ROLLCALL_GROUP_VIEWER/);
    for (const { id } of account.google.directory.group("fleet-admins@example.test")?.members ?? [])
      account.google.directory.leave("fleet-admins@example.test", id);
    expectOne(await check(), /fleet-admins@example\.test has no members/, /Put people into it/);
  });

  test("Google that does not answer, or has had enough, is no fault of the settings", async () => {
    await account.client.fail({ kind: "error", reason: "quotaExceeded", count: 50 });
    expectOne(await check(), /quotaExceeded/, /Nothing to do if it passes/);
    await account.client.clearFaults();
    await account.client.fail({ kind: "reset", count: 50 });
    expectOne(await check(), /does not answer/, /network, a proxy/);
  });

  test("a list of people that is old, waits or never came is named with its age", async () => {
    const about = { databaseUrl: store.url, isRunning: true };
    expectOne(await check({}, about), /no complete list was read yet/, /log/);
    const people = ["1", "2", "3", "4"].map((id) => ({
      ...{ id, name: id, mails: [`p${id}@example.test`], isExternal: false },
      grants: [{ role: "viewer" as const, group: "fleet-viewers@example.test", via: [] }],
    }));
    const snapshots = createDirectorySnapshots(store.pool);
    await snapshots.save({ people, leftOut: [] }, 0);
    expect(await check({}, about)).toContainEqual(
      expect.objectContaining({
        name: "people by Google",
        state: "fine",
        found: expect.stringMatching(/^read \d s ago/),
      }),
    );
    await store.pool.query("update directory_generations set last_read_at = last_read_at - interval '7 minutes'");
    await snapshots.noteFailure({ problem: "away", words: "Google does not answer" });
    expectOne(await check({}, about), /^read 42\d s ago; since then: Google does not answer/, /access -- status/);
    await snapshots.save({ people: [], leftOut: [] }, 0);
    expectOne(await check({}, about), /a list waits: nobody is left/, /confirm it, or put people back/);
  });
});
