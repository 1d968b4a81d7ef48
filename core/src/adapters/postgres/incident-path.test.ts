import { NOBODY_SEES } from "@rollcall/test/away-fixture.ts";
import { rightsOfEverybody } from "@rollcall/test/rights-fixture.ts";
import { eventually, openTestStore, operator, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CommandDefinition, Ports } from "../../command.ts";
import type { Role } from "../../domain/actor.ts";
import type { Operation } from "../../domain/operation.ts";
import { executeOperation } from "../../execute-operation.ts";
import { workingAgent } from "../../fake-agent-fixture.ts";
import { loadCommands } from "../../load-commands.ts";
import { memoryRequests } from "../../memory-requests-fixture.ts";
import { systemClock } from "../../ports/clock.ts";
import { runCommand } from "../../run-command.ts";
import { createAuditLog } from "./audit-log.ts";
import { createCommandStore } from "./command-store.ts";
import { createIncidentRecords } from "./incident-records.ts";
import { createIncidents } from "./incidents.ts";
import { type ControlLease, createLease } from "./lease.ts";
import { createOperations } from "./operations.ts";
import { type OperationWorker, startWorker } from "./worker.ts";

let store: TestStore;
let lease: ControlLease;
let worker: OperationWorker;
let commands: readonly CommandDefinition[];
let role: Role = "operator";

const ports = (): Ports =>
  ({
    ...NOBODY_SEES,
    audit: createAuditLog(store.pool),
    operations: createOperations(store.pool),
    incidents: createIncidents(store.pool),
    incidentRecords: createIncidentRecords(store.pool),
    ...rightsOfEverybody(() => role),
    requests: memoryRequests(systemClock),
    registry: { expected: async () => ({ agents: [workingAgent("billing").expected] }) },
    clock: systemClock,
  }) as unknown as Ports;

beforeAll(async () => {
  store = await openTestStore();
  commands = await loadCommands();
  lease = createLease({ pool: store.pool, instance: "a", seconds: 2 });
  await lease.start();
  worker = startWorker({
    pool: store.pool,
    lease,
    execute: (id, { progress, signal }) =>
      executeOperation(id, { ports: ports(), commands, progress, signal, onBug: () => undefined }),
  });
});
afterAll(async () => {
  await worker.stop();
  await lease.close();
  await store.close();
});

/** Asks through the one command path, and waits for the end of the job. */
async function obey(key: string, command: string, input: Record<string, unknown>): Promise<Operation> {
  const answer = await runCommand(
    {
      ...{ command, input, actor: { ...operator, role }, door: "http", reason: null, requestId: `r-${key}` },
      ...{ idempotencyKey: key, incidentId: null },
    },
    { commands, ports: ports(), store: createCommandStore(store.pool) },
  );
  if (answer.kind !== "act") throw new Error(`${command} was not accepted`);
  const { id } = answer.operation;
  const find = () => createOperations(store.pool).find(id);
  await eventually(async () => (await find())?.state === "ended");
  return (await find()) as Operation;
}

describe("an incident opened by hand, from the wish to its end", () => {
  test("is opened, noted and closed once each, belongs to its operations, and the chain tells of each", async () => {
    const opened = await obey("open-1", "incident-open", { what: "prices are stale", who: ["billing"] });
    expect([opened.ending, opened.error]).toEqual(["done", null]);
    const id = opened.incidentId ?? "";
    expect(id).toMatch(/^inc-\d+$/);
    // Sent again, it is the same wish.
    expect((await obey("open-1", "incident-open", { what: "prices are stale", who: ["billing"] })).id).toBe(opened.id);
    expect(await obey("note-1", "incident-note", { alert: id, text: "the feed hangs" })).toMatchObject({
      ending: "done",
    });
    expect(await obey("note-1", "incident-note", { alert: id, text: "the feed hangs" })).toMatchObject({
      ending: "done",
    });
    expect(await createIncidentRecords(store.pool).notes(id)).toMatchObject([{ text: "the feed hangs" }]);
    expect(await obey("close-1", "incident-close", { alert: id, text: "it hung" })).toMatchObject({ ending: "done" });
    expect(await createIncidents(store.pool).find(id)).toMatchObject({
      state: "resolved",
      closed: { cause: "it hung" },
    });
    expect(await createIncidents(store.pool).open()).toEqual([]);
    const { rows } = await store.pool.query<{ key: string }>("select key from chat_messages order by key");
    expect(rows.map(({ key }) => key)).toEqual([id, `${id}:note-1`]);
    const story = await createAuditLog(store.pool).search({ operationId: opened.id, limit: 10 });
    expect(story.map(({ event }) => event)).toEqual(["outcome", "dispatch", "intent"]);
  });

  test("is refused to a viewer, and the refusal is written down", async () => {
    role = "viewer";
    const before = (await createIncidentRecords(store.pool).search({ since: 0, text: "", limit: 10, offset: 0 })).total;
    await expect(obey("open-2", "incident-open", { what: "mine" })).rejects.toMatchObject({ code: "forbidden" });
    role = "operator";
    const after = await createIncidentRecords(store.pool).search({ since: 0, text: "", limit: 10, offset: 0 });
    expect(after.total).toBe(before);
    const [row] = await createAuditLog(store.pool).search({ limit: 1 });
    expect(row).toMatchObject({ command: "incident-open", decision: "refused" });
  });
});
