import { randomUUID } from "node:crypto";
import { acceptanceOf, openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { auditEntry } from "../../domain/audit.ts";
import type { Operation } from "../../domain/operation.ts";
import { createAuditLog } from "./audit-log.ts";
import { createCommandStore } from "./command-store.ts";
import { type ControlLease, createLease } from "./lease.ts";
import { claimOperation } from "./operation-progress.ts";
import { createOperations } from "./operations.ts";
import { createPublications } from "./publications.ts";
import { createUnknownOutcomes } from "./unknown-outcomes.ts";

let store: TestStore;
let lease: ControlLease;
let operation: Operation;
beforeAll(async () => {
  store = await openTestStore();
  lease = createLease({ pool: store.pool, instance: "test", seconds: 30 });
  await lease.start();
});
afterAll(async () => {
  await lease.close();
  await store.close();
});

const epoch = (): number => lease.epoch() ?? -1;
const audit = auditEntry({ event: "outcome", actor: "operator", door: "slack", action: "found-out" });
const unknown = () => createUnknownOutcomes(store.pool);
const find = async (): Promise<Operation> => (await createOperations(store.pool).find(operation.id)) as Operation;
const truth = (): Operation => ({
  ...operation,
  ending: "recovered",
  error: null,
  knownAt: 1_800_000_000_000,
  targets: operation.targets.map((target) => ({ ...target, ending: "recovered" })),
});

/** An operation that has ended as unknown. */
beforeEach(async () => {
  const accepted = await createCommandStore(store.pool).accept(acceptanceOf({ idempotencyKey: randomUUID() }));
  const progress = await claimOperation(store.pool, { id: accepted.operation.id, epoch: epoch() });
  const targets = accepted.operation.targets.map((target) => ({ ...target, ending: "unknown" as const }));
  const ended = { ...accepted.operation, state: "ended" as const, ending: "unknown" as const, targets };
  operation = (await progress?.save({ ...ended, error: "not known", endedAt: Date.now() })) as Operation;
});

describe("what became of an operation that ended as unknown", () => {
  test("is written into its row once, with an audit row", async () => {
    const before = (await createAuditLog(store.pool).verify()).rows;
    expect((await unknown().list()).map(({ id }) => id)).toContain(operation.id);
    expect(await unknown().settle(truth(), { audit, epoch: epoch() })).toBe(true);
    expect(await unknown().settle(truth(), { audit, epoch: epoch() })).toBe(false);
    expect(await find()).toMatchObject({ ending: "recovered", error: null, knownAt: 1_800_000_000_000 });
    expect((await unknown().list()).map(({ id }) => id)).not.toContain(operation.id);
    expect((await createAuditLog(store.pool).verify()).rows).toBe(before + 1);
  });

  test("is shown in its message and in the note under it", async () => {
    const publications = createPublications(store.pool);
    for (const key of [operation.id, `${operation.id}:ending`]) {
      await publications.markShown(key, { channel: "C0OPS", ts: "1.1", revision: operation.revision });
    }
    await unknown().settle(truth(), { audit, epoch: epoch() });
    const behind = (await publications.behind(100)).map(({ key }) => key);
    expect(behind).toEqual(expect.arrayContaining([operation.id, `${operation.id}:ending`]));
  });

  test("is not written by a process whose lease is gone", async () => {
    await expect(unknown().settle(truth(), { audit, epoch: 0 })).rejects.toMatchObject({ code: "expired" });
    expect(await find()).toMatchObject({ ending: "unknown" });
  });
});
