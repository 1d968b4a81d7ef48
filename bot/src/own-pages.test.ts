import { CLIENT, openTestAccount } from "@rollcall/local/google/test-account.ts";
import { createTestDatabase } from "@rollcall/test/database.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createControlSetting } from "./control-process-fixture.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let account: Awaited<ReturnType<typeof openTestAccount>>;
let setting: Awaited<ReturnType<typeof createControlSetting>>;
beforeAll(async () => {
  database = await createTestDatabase();
  account = await openTestAccount();
  const { PATH, NODE_V8_COVERAGE } = process.env;
  const servers = { databaseUrl: database.url, redisUrl: inject("redisUrl"), inherited: { PATH, NODE_V8_COVERAGE } };
  setting = await createControlSetting(servers);
}, 60_000);
afterAll(async () => {
  await setting.endAll();
  await setting.remove();
  await account.close();
  await database.drop();
});

describe("a control service as a process", () => {
  test("has the pages where sign-in is set, and sends people to Google", async () => {
    const signIn = {
      ...{ GOOGLE_CLIENT_ID: CLIENT.id, GOOGLE_CLIENT_SECRET: CLIENT.secret },
      ...{ GOOGLE_HOSTED_DOMAIN: "example.test", GOOGLE_ISSUER: account.google.url },
    };
    const started = await setting.start(signIn);
    expect(await (await started.ask("/sign-in")).text()).toContain("Sign in with Google");
    const away = await started.ask("/auth/google", { redirect: "manual" });
    expect([away.status, away.headers.get("location")]).toEqual([303, expect.stringContaining(account.google.url)]);
    expect(started.output.text).not.toContain(CLIENT.secret);
  }, 60_000);

  test("does not start with half of the settings", async () => {
    const started = await setting.start({ GOOGLE_CLIENT_ID: CLIENT.id });
    expect(await started.exited).toBe(1);
    expect(started.output.text).toContain("GOOGLE_CLIENT_SECRET, GOOGLE_HOSTED_DOMAIN not set");
  }, 60_000);
});
