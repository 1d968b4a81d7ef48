import { createAuditLog } from "@rollcall/core/adapters/postgres/audit-log.ts";
import { createCommandStore } from "@rollcall/core/adapters/postgres/command-store.ts";
import { createOperations } from "@rollcall/core/adapters/postgres/operations.ts";
import { createPool } from "@rollcall/core/adapters/postgres/pool.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { FakeFleet } from "@rollcall/core/fleet-fixture.ts";
import { loadCommands } from "@rollcall/core/load-commands.ts";
import { type CommandRequest, runCommand } from "@rollcall/core/run-command.ts";
import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createLog } from "../log.ts";
import { NIGHTLY, startDiagnosticSchedule } from "./diagnostics.ts";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const commands = await loadCommands();
const log = createLog("error", { write: () => undefined });

/** A control service of its own: its own pool, its own clock. Never triggered by time: tests call `catchUp`. */
function openReplica(clock: { now: () => number }, zone = "UTC") {
  const pool = createPool({ url: store.url, name: "replica", size: 4 });
  const ports = { ...new FakeFleet("billing").ports, audit: createAuditLog(pool), operations: createOperations(pool) };
  const engine = { ports, commands, store: createCommandStore(pool) };
  const run = (request: CommandRequest) => runCommand(request, engine);
  const schedule = startDiagnosticSchedule({ cron: "30 2 * * *", zone, run, clock, log });
  return {
    run,
    runs: () => ports.operations.list({ command: "diag-run", limit: 50 }),
    catchUp: () => schedule.catchUp(),
    async close() {
      await schedule.stop();
      await pool.end();
    },
  };
}

const night = (day: number, hour: number, minute: number): number => Date.UTC(2026, 10, day, hour, minute, 5);
/** What its worker would do at the end of a run. */
const freeChecks = () => store.pool.query("delete from agent_locks");

test("two control services make one run per due time, whoever is awake", async () => {
  const clock = { at: night(1, 2, 29), now: () => clock.at };
  const [one, two] = [openReplica(clock), openReplica(clock)];
  try {
    const both = () => Promise.all([one.catchUp(), two.catchUp(), two.catchUp(), one.catchUp()]);
    await both();
    expect(await one.runs()).toEqual([]);
    clock.at = night(1, 2, 30);
    await both();
    // Only the key stands between them now: the locks of the checks are free again.
    await freeChecks();
    await both();
    const [first, ...others] = await two.runs();
    expect(others).toEqual([]);
    expect(first).toMatchObject({ input: { suite: "smoke" }, actor: NIGHTLY, door: "schedule", state: "queued" });

    // The one that led died before the next due time, and the other one wakes late.
    clock.at = night(2, 2, 37);
    await two.catchUp();
    expect(await two.runs()).toHaveLength(2);
    await freeChecks();
    // It is back, knows nothing of that, and makes no second one.
    const again = openReplica(clock);
    await Promise.all([again.catchUp(), one.catchUp()]);
    await again.close();
    expect(await one.runs()).toHaveLength(2);

    // Nobody was there for longer than a due time is made up for.
    clock.at = night(3, 2, 41);
    await both();
    expect(await one.runs()).toHaveLength(2);
  } finally {
    await Promise.all([one.close(), two.close()]);
  }
}, 30_000);

test.each([
  ["put forward, so that there is no 02:30", "2027-03-28", "2027-03-28T01:00:00.000Z"],
  ["put back, so that 02:30 comes twice", "2027-10-31", "2027-10-31T00:30:00.000Z"],
  ["left alone", "2027-11-01", "2027-11-01T01:30:00.000Z"],
])(
  "in a night in which clocks are %s, there is one run",
  async (_what, day, due) => {
    const clock = { at: 0, now: () => clock.at };
    const replicas = [openReplica(clock, "Europe/Berlin"), openReplica(clock, "Europe/Berlin")] as const;
    try {
      const before = (await replicas[0].runs()).length;
      let begun: string | null = null;
      const midnight = Date.parse(`${day}T00:00:00Z`);
      for (clock.at = midnight - 7_200_000; clock.at < midnight + 14_400_000; clock.at += 300_000) {
        await Promise.all(replicas.map((replica) => replica.catchUp()));
        await freeChecks();
        const made = (await replicas[0].runs()).length - before;
        if (made > 0) begun ??= new Date(clock.at).toISOString();
        expect(made).toBeLessThanOrEqual(1);
      }
      expect(begun).toBe(due);
    } finally {
      await Promise.all(replicas.map((replica) => replica.close()));
    }
  },
  60_000,
);

test("a due run waits for one by hand, and is not lost", async () => {
  const clock = { at: night(5, 2, 30), now: () => clock.at };
  const replica = openReplica(clock);
  try {
    const before = (await replica.runs()).length;
    const actor = { ...new FakeFleet().reading().actor };
    const byHand = { command: "diag-run", input: { suite: "full" }, actor, door: "slack", reason: null } as const;
    await replica.run({ ...byHand, requestId: "r", idempotencyKey: "by hand", incidentId: null });
    await replica.catchUp();
    expect(await replica.runs()).toHaveLength(before + 1);
    await freeChecks();
    clock.at += 15_000;
    await replica.catchUp();
    await replica.catchUp();
    expect((await replica.runs()).map(({ door }) => door).slice(0, 2)).toEqual(["schedule", "slack"]);
    expect(await replica.runs()).toHaveLength(before + 2);
    await freeChecks();
  } finally {
    await replica.close();
  }
}, 30_000);

test("the schedule may run diagnostics and nothing else", async () => {
  const replica = openReplica({ now: () => 0 });
  try {
    const wish = {
      command: "stop",
      input: { who: ["billing"] },
      actor: NIGHTLY,
      door: "schedule",
      reason: null,
    } as const;
    const asked = replica.run({ ...wish, requestId: "r", idempotencyKey: "k", incidentId: null });
    await expect(asked).rejects.toMatchObject({ code: "forbidden", detail: { rule: "fixed-rights" } });
  } finally {
    await replica.close();
  }
});

test("the trigger fires by itself, goes on while PostgreSQL is away, and says so", async () => {
  const wishes: CommandRequest[] = [];
  const logs: string[] = [];
  const run = async (request: CommandRequest): Promise<never> => {
    wishes.push(request);
    throw new Failure("unavailable", "PostgreSQL does not answer");
  };
  const schedule = startDiagnosticSchedule({
    cron: "* * * * * *",
    zone: "Asia/Kathmandu",
    run,
    clock: { now: () => Date.now() },
    log: createLog("warn", { write: (line: string) => void logs.push(line) }),
  });
  await vi.waitFor(() => expect(wishes.length).toBeGreaterThan(1), { timeout: 10_000 });
  await schedule.stop();
  expect(wishes[0]?.idempotencyKey).toMatch(/^schedule:nightly-smoke:2\d{3}-.*:00\.000Z$/);
  expect(logs.join("")).toContain("a due run is not begun yet");
}, 20_000);
