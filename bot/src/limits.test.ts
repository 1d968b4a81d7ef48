import { tooMany } from "@rollcall/core/limit-commands.ts";
import { sign } from "@rollcall/local/slack/delivery.ts";
import { createTestDatabase } from "@rollcall/test/database.ts";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import {
  authorization,
  createControlSetting,
  postOf,
  type StartedControl,
  untilStatus,
} from "./control-process-fixture.ts";
import { refusalMessage } from "./slack/render/refusal.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let setting: Awaited<ReturnType<typeof createControlSetting>>;

beforeAll(async () => {
  database = await createTestDatabase();
  setting = await createControlSetting({
    databaseUrl: database.url,
    redisUrl: inject("redisUrl"),
    inherited: process.env,
  });
});
afterEach(() => setting.endAll());
afterAll(async () => {
  await setting.remove();
  await database.drop();
});

const LIMITS = "acts=3/10m,roll-call-fleet=1/10m,login-failures=off,unauthenticated=off";
const ready = async (): Promise<StartedControl> => {
  const service = await setting.start({
    ROLLCALL_LIMITS: LIMITS,
  });
  await untilStatus(service, "/ready", 200);
  return service;
};
/** Of an agent that does not exist: an attempt that has no effect, but is one. */
const restart = (service: StartedControl, key: string, headers = authorization) =>
  service.ask(
    "/api/v1/commands/restart",
    postOf({ input: { who: ["nobody"] } }, { ...headers, "idempotency-key": key }),
  );

describe("limits of a person, over two control services", { timeout: 120_000 }, () => {
  test("are shared by them and by all doors, outlive a restart, and are audited as one row", async () => {
    const [one, other] = await Promise.all([ready(), ready()]);
    const terminal = { ...authorization, "x-rollcall-door": "terminal" };
    expect((await restart(one, "wish-number-1")).status).toBe(404);
    expect((await restart(other, "wish-number-2")).status).toBe(404);
    expect((await restart(other, "wish-number-3", terminal)).status).toBe(404);
    // The same wish again is the same wish.
    expect((await restart(one, "wish-number-3")).status).toBe(404);

    for (const service of [one, other]) {
      const refused = await restart(service, "wish-number-4");
      expect(refused.status).toBe(429);
      const seconds = Number(refused.headers.get("retry-after"));
      expect(seconds).toBeGreaterThan(400);
      expect(seconds).toBeLessThanOrEqual(600);
      const body = (await refused.json()) as { message: string };
      expect(body).toMatchObject({ code: "too_many_requests", next: expect.stringContaining("Nothing was done.") });
      expect(body.message).toMatch(/^there may be 3 changes by one person in 10 minutes; next at \d\d:\d\d:\d\d UTC$/);
    }
    expect(await (await one.ask("/metrics")).text()).toMatch(
      /^rollcall_limit_refusals_total\{limit="acts",door="http"\} 1$/m,
    );

    for (const service of [one, other]) service.child.kill("SIGTERM");
    await Promise.all([one.exited, other.exited]);
    const again = await ready();
    expect((await restart(again, "wish-number-5", { ...terminal })).status).toBe(429);

    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ body: { decision: string; actor: string; detail: { count: number } } }>(
      "select body::jsonb as body from audit_log where body::jsonb ->> 'event' = 'limit' order by seq",
    );
    await client.end();
    expect(rows.map(({ body }) => [body.actor, body.decision, body.detail.count])).toEqual([
      ["operator", "refused", 1],
      ["operator", "refused", 1],
    ]);
  });

  test("let the whole fleet be called once, and single agents on", async () => {
    const service = await ready();
    const call = async (who: string[]) =>
      (await service.ask("/api/v1/commands/roll-call", postOf({ input: { who } }))).status;
    expect(await call([])).toBe(200);
    expect(await call([])).toBe(429);
    expect(await call(["billing"])).toBe(200);
  });
});

test("in Slack the refusal shows the moment in the reader's own time", () => {
  const freeAt = Date.UTC(2026, 10, 21, 2, 41, 30);
  const limit = { name: "acts", most: 10, seconds: 60, what: "changes by one person" };
  const refusal = tooMany({ name: "acts", freeAt }, [limit]);
  const text = JSON.stringify(refusalMessage(refusal, { what: "restart billing", ref: "r-1", suggestions: [] }));
  expect(text).toContain(
    "Not done: restart billing.* There may be 10 changes by one person in a minute; next at <!date^",
  );
  expect(text).toContain("rule limit-acts");
});

test("what Slack has not signed is 401, and 429 with Retry-After when it comes too often; what it has signed is let in", async () => {
  const service = await setting.start({
    ROLLCALL_LIMITS: `${LIMITS.replace("unauthenticated=off", "unauthenticated=3/10m")}`,
  });
  await untilStatus(service, "/ready", 200);
  const body = JSON.stringify({ type: "url_verification", challenge: "abc" });
  const send = (secret: string) => {
    const at = Math.floor(Date.now() / 1000);
    const signed = { "x-slack-request-timestamp": String(at), "x-slack-signature": sign(secret, at, body) };
    const headers = { "content-type": "application/json", ...signed };
    return service.ask("/slack/events", { method: "POST", headers, body });
  };
  for (let times = 0; times < 3; times += 1) expect((await send("a-secret-of-somebody-else")).status).toBe(401);
  const refused = await send("a-secret-of-somebody-else");
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await send("a-signing-secret-for-tests")).status).toBe(200);
}, 60_000);
