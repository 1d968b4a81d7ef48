import { eventually, openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type ControlLease, createLease, type LeaseOptions } from "./lease.ts";
import { createPool } from "./pool.ts";

let store: TestStore;
const open: ControlLease[] = [];
beforeAll(async () => {
  store = await openTestStore();
});
afterEach(async () => {
  for (const lease of open.splice(0)) await lease.close();
  await store.pool.query("delete from control_leases");
});
afterAll(() => store.close());

function leaseOf(changes: Partial<LeaseOptions> = {}): ControlLease {
  const lease = createLease({ pool: store.pool, instance: `host-${open.length}`, seconds: 1, ...changes });
  open.push(lease);
  return lease;
}
const started = async (changes: Partial<LeaseOptions> = {}): Promise<ControlLease> => {
  const lease = leaseOf(changes);
  await lease.start();
  return lease;
};
/** As if the process had been stopped for longer than its lease: the row is as old as it would be then. */
const expire = (instance: string) =>
  store.pool.query(
    "update control_leases set expires_at = clock_timestamp() - interval '1 second' where instance = $1",
    [instance],
  );

describe("lease", () => {
  test("is held from its start to its end, and renewed in between", async () => {
    const lease = leaseOf();
    expect([lease.state(), lease.epoch(), lease.isLeader()]).toEqual([null, null, false]);
    await lease.start();
    const epoch = lease.epoch();
    expect(lease.state()).toEqual({ epoch, held: true, leader: true });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(lease.epoch()).toBe(epoch);
    await lease.close();
    expect([lease.state(), lease.epoch(), lease.isLeader()]).toEqual([null, null, false]);
    expect((await store.pool.query("select 1 from control_leases")).rows).toEqual([]);
  });

  test("one of several leads: the oldest", async () => {
    const all = await Promise.all([started({ instance: "a" }), started({ instance: "b" }), started({ instance: "c" })]);
    expect(all.filter((lease) => lease.isLeader())).toHaveLength(1);
    const leader = all.find((lease) => lease.isLeader());
    expect(leader?.epoch()).toBe(Math.min(...all.map((lease) => lease.epoch() ?? Number.POSITIVE_INFINITY)));
    await leader?.close();
    await eventually(() => all.filter((lease) => lease.isLeader()).length === 1);
  });

  test("leadership is told when it comes and when it goes", async () => {
    const told: string[] = [];
    const lease = await started();
    lease.onLeader({ start: () => told.push("start"), stop: () => told.push("stop") });
    expect(told).toEqual(["start"]);
    await lease.close();
    expect(told).toEqual(["start", "stop"]);
  });

  test("a lease that has expired is lost even if nobody took it: a new one has a new epoch", async () => {
    const problems: string[] = [];
    const lease = await started({ instance: "slow", onProblem: (problem) => problems.push(problem) });
    const before = lease.epoch() ?? 0;
    await expire("slow");
    await eventually(() => (lease.epoch() ?? 0) > before);
    expect(problems).toEqual([`the lease of epoch ${before} was lost`]);
  });

  test("is not held any longer than PostgreSQL says, even if it cannot be reached", async () => {
    const problems: string[] = [];
    const pool = createPool({ url: store.url, name: "cut-off" });
    const lease = await started({ pool, instance: "cut-off", onProblem: (problem) => problems.push(problem) });
    expect(lease.epoch()).not.toBeNull();
    await pool.end();
    await eventually(() => lease.epoch() === null, 5000);
    expect(lease.isLeader()).toBe(false);
    expect(lease.state()).toMatchObject({ held: false, leader: false });
    await expect(lease.cover("w")).rejects.toThrow("the lease is not held");
    expect(problems).toEqual(["the lease cannot be renewed, it goes on trying"]);
  });

  test("whoever starts under the name of a dead one does not wait for its lease to expire", async () => {
    const predecessor = await started({ instance: "same", seconds: 60 });
    const successor = await started({ instance: "same", seconds: 60 });
    expect(successor.isLeader()).toBe(true);
    const { rows } = await store.pool.query("select epoch from control_leases");
    expect(rows).toEqual([{ epoch: String(successor.epoch()) }]);
    expect(predecessor.epoch()).not.toBe(successor.epoch());
  });

  test("covers a worker at once, however many ask", async () => {
    const lease = await started({ seconds: 60 });
    await Promise.all(["w1", "w2", "w1", "w3"].map((id) => lease.cover(id)));
    const { rows } = await store.pool.query("select worker_ids from control_leases");
    expect(rows[0].worker_ids.toSorted()).toEqual(["w1", "w2", "w3"]);
  });

  test("PostgreSQL may be away at the start", async () => {
    const pool = createPool({ url: "postgres://nobody@127.0.0.1:9/none", name: "test" });
    const problems: string[] = [];
    const lease = await started({ pool, onProblem: (problem) => problems.push(problem) });
    expect(lease.state()).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(problems).toHaveLength(1);
    await pool.end();
  });
});
