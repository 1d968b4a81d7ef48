import { randomUUID } from "node:crypto";
import { acceptanceOf, openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Operation } from "../../domain/operation.ts";
import { UNDO_MS, undoKey } from "../../undo.ts";
import { createCommandStore } from "./command-store.ts";
import { type ControlLease, createLease } from "./lease.ts";
import { claimOperation } from "./operation-progress.ts";
import { createOperations } from "./operations.ts";
import { createPublications } from "./publications.ts";
import { closeUndos } from "./undo.ts";

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

const find = async (): Promise<Operation> => (await createOperations(store.pool).find(operation.id)) as Operation;
const accept = (changes: Parameters<typeof acceptanceOf>[0]) =>
  createCommandStore(store.pool).accept(acceptanceOf(changes));
const isBehind = async (): Promise<boolean> =>
  (await createPublications(store.pool).behind(1000)).some(({ key }) => key === operation.id);

/** A pause that has ended so long ago, and is shown. */
async function pauseEnded(agoMs: number): Promise<void> {
  const accepted = await accept({ command: "pause", idempotencyKey: randomUUID(), agents: [randomUUID()] });
  const progress = await claimOperation(store.pool, { id: accepted.operation.id, epoch: lease.epoch() ?? -1 });
  const ended = { state: "ended", ending: "done", endedAt: Date.now() - agoMs } as const;
  operation = (await progress?.save({ ...accepted.operation, ...ended })) as Operation;
  const shown = { channel: "C0OPS", ts: "1.1", revision: operation.revision };
  await createPublications(store.pool).markShown(operation.id, shown);
}
beforeEach(() => pauseEnded(1000));

describe("an operation that can be taken back", () => {
  test("is taken back once, says by what, and its message is edited", async () => {
    const undo = { command: "resume", idempotencyKey: undoKey(operation.id), agents: [] };
    expect([await isBehind(), (await find()).undoneBy]).toEqual([false, undefined]);
    const first = await accept(undo);
    const second = await accept(undo);
    expect(second).toMatchObject({ repeated: true, operation: { id: first.operation.id } });
    expect(await find()).toMatchObject({ undoneBy: first.operation.id, undoClosed: true });
    expect(await isBehind()).toBe(true);
  });

  test("can be so until its time is over, and then its message is edited", async () => {
    await closeUndos(store.pool);
    expect([(await find()).undoClosed, await isBehind()]).toEqual([undefined, false]);
    await pauseEnded(UNDO_MS + 60_000);
    await closeUndos(store.pool);
    expect([(await find()).undoClosed, await isBehind()]).toEqual([true, true]);
  });

  test("is left as it is by a key that another door made of the same words", async () => {
    await accept({ command: "resume", idempotencyKey: `http:operator:${undoKey(operation.id)}`, agents: [] });
    expect((await find()).undoneBy).toBeUndefined();
  });
});
