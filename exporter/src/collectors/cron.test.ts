import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { collectOnce } from "../../test/read-collected.ts";
import { cronCollector } from "./cron.ts";

const GRACE_SECONDS = 600;
// 02:30 in Berlin, in winter.
const DUE = Date.parse("2026-11-28T01:30:00Z");

let folder: string;
let now: number;
beforeEach(async () => {
  now = DUE + 3 * 3_600_000;
  folder = await mkdtemp(join(tmpdir(), "cron-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const backup = { name: "backup", schedule: "30 2 * * *", graceSeconds: GRACE_SECONDS };
const watch = (jobs = [backup]) =>
  cronCollector({ folder, zone: "Europe/Berlin", jobs, everySeconds: 30, timeoutSeconds: 30 }, () => now);

async function touch(name: string, at: number): Promise<void> {
  await writeFile(join(folder, name), "");
  await utimes(join(folder, name), at / 1000, at / 1000);
}

describe("a cron job", () => {
  test("that has succeeded since it was due is not missed", async () => {
    await touch("backup", DUE + 240_000);
    expect(await collectOnce(watch())).toEqual({
      "rollcall_cron_due_timestamp_seconds backup": DUE / 1000,
      "rollcall_cron_last_success_timestamp_seconds backup": DUE / 1000 + 240,
      "rollcall_cron_missed backup": 0,
      "rollcall_exporter_collector_unexpected cron": 0,
    });
  });

  test.each([
    ["that never ran", null],
    ["whose last success is that of the day before", DUE - 86_000_000],
  ])("%s is missed", async (_, succeededAt) => {
    if (succeededAt !== null) await touch("backup", succeededAt);
    expect((await collectOnce(watch()))["rollcall_cron_missed backup"]).toBe(1);
  });

  test("that failed is missed, and says when it failed", async () => {
    await touch("backup", DUE - 86_000_000);
    await touch("backup.failed", DUE + 60_000);
    const found = await collectOnce(watch());
    expect(found["rollcall_cron_missed backup"]).toBe(1);
    expect(found["rollcall_cron_last_failure_timestamp_seconds backup"]).toBe(DUE / 1000 + 60);
  });

  test("is missed only when its grace is over, and no more once it has succeeded", async () => {
    const collector = watch();
    await touch("backup", DUE - 86_000_000);
    now = DUE + GRACE_SECONDS * 1000 - 60_000;
    expect((await collectOnce(collector))["rollcall_cron_missed backup"]).toBe(0);
    now = DUE + GRACE_SECONDS * 1000;
    expect((await collectOnce(collector))["rollcall_cron_missed backup"]).toBe(1);
    await touch("backup", now + 1000);
    expect((await collectOnce(collector))["rollcall_cron_missed backup"]).toBe(0);
  });

  test("that was not due in a month is not judged", async () => {
    const found = await collectOnce(watch([{ ...backup, schedule: "0 0 1 2 *" }]));
    expect(Object.keys(found)).toEqual(["rollcall_exporter_collector_unexpected cron"]);
  });

  test("that nobody expects is counted by its file", async () => {
    await touch("backup", DUE);
    await touch("old-report", DUE);
    expect((await collectOnce(watch()))["rollcall_exporter_collector_unexpected cron"]).toBe(1);
  });

  test("is not measured where the folder cannot be read", async () => {
    await rm(folder, { recursive: true });
    await expect(collectOnce(watch())).rejects.toMatchObject({ code: "unavailable" });
  });
});
