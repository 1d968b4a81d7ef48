import { apiDiagnosticRuns } from "@rollcall/core/contract.ts";
import { createTestDatabase } from "@rollcall/test/database.ts";
import { afterAll, beforeAll, expect, inject, test, vi } from "vitest";
import {
  authorization,
  createControlSetting,
  postOf,
  type StartedControl,
  untilStatus,
} from "./control-process-fixture.ts";

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
afterAll(async () => {
  await setting.endAll();
  await setting.remove();
  await database.drop();
});

async function runsOf(service: StartedControl) {
  const answer = await service.ask("/api/v1/diagnostics/runs", { headers: authorization });
  return apiDiagnosticRuns.parse(await answer.json()).runs;
}

test("of two control services the one that took the due run is killed: the other ends it, a third makes no second one", async () => {
  const now = new Date();
  const due = `${now.getUTCMinutes()} ${now.getUTCHours()} * * *`;
  const start = () => setting.start({ TZ: "Asia/Tokyo", ROLLCALL_DIAGNOSTICS_SCHEDULE: due });
  const [one, two] = await Promise.all([start(), start()]);
  await Promise.all([one, two].map((service) => untilStatus(service, "/ready", 200)));
  await vi.waitFor(async () => expect(await runsOf(one)).toHaveLength(1), { timeout: 20_000, interval: 50 });
  one.child.kill("SIGKILL");

  const three = await start();
  await untilStatus(three, "/ready", 200);
  const over = await vi.waitFor(
    async () => {
      const runs = await runsOf(two);
      expect(runs[0]?.state).not.toBe("running");
      return runs;
    },
    { timeout: 30_000, interval: 200 },
  );
  expect(over).toMatchObject([{ suite: "smoke", by: "schedule nightly-smoke" }]);
  const [run] = over;
  // Its agent was never started, and PagerDuty is not there: the run goes on to its end and says so.
  expect(run?.state).toBe("failed");
  expect(run?.checks.find(({ name }) => name === "heartbeats-fresh")).toMatchObject({ next: "agent billing" });
  expect((run?.passed ?? 0) + (run?.failed ?? 0) + (run?.skipped ?? 0)).toBe(run?.total);

  // By hand, behind the same door as everything else.
  const body = { input: { suite: "smoke" } };
  const asked = await three.ask(
    "/api/v1/commands/diag-run",
    postOf(body, { ...authorization, "idempotency-key": "by-hand-1" }),
  );
  expect(asked.status).toBe(202);
  expect((await runsOf(three)).map(({ by }) => by)).toEqual(["Operator", "schedule nightly-smoke"]);
}, 90_000);
