import { acceptanceOf, openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DesiredState } from "../../protocol.ts";
import { createAuditLog } from "./audit-log.ts";
import { createCommandStore } from "./command-store.ts";
import { createDesiredStates } from "./desired-states.ts";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(() => store.pool.query("truncate desired_states"));

const stopped: DesiredState = { state: "stopped", by: "operator", since: 1000, reason: "deploy" };
const audited = (target: string) => createAuditLog(store.pool).search({ target, limit: 10 });

describe("desired states", () => {
  test("are read as they were set, with who wants it, since when and why", async () => {
    const states = createDesiredStates(store.pool);
    expect(await states.readAll()).toEqual(new Map());
    await states.set(["billing", "invoices", "billing"], stopped);
    await states.set(["invoices"], { state: "running", by: null, since: null, reason: null });
    expect(await states.readAll()).toEqual(
      new Map([
        ["billing", stopped],
        ["invoices", { state: "running", by: null, since: null, reason: null }],
      ]),
    );
  });

  test("a change is counted and audited once; the same wish again is no change", async () => {
    const states = createDesiredStates(store.pool);
    const count = await states.set(["shipping"], stopped);
    expect(await states.set(["shipping"], { ...stopped, since: 2000 })).toBe(count);
    expect((await states.readAll()).get("shipping")?.since).toBe(1000);
    expect(await states.set(["shipping"], { ...stopped, reason: null })).toBe(count + 1);
    expect(await states.set(["shipping", "crm-chat"], { ...stopped, reason: null })).toBe(count + 2);
    expect(await audited("shipping")).toHaveLength(2);
    expect(await audited("crm-chat")).toMatchObject([
      { targets: ["crm-chat"], detail: { before: { "crm-chat": "running" } } },
    ]);
  });

  test("the audit row names the operation that holds the agent, and its door", async () => {
    const { operation } = await createCommandStore(store.pool).accept(
      acceptanceOf({ agents: ["stock-keeper"], command: "stop" }),
    );
    await createDesiredStates(store.pool).set(["stock-keeper"], stopped);
    expect((await audited("stock-keeper"))[0]).toMatchObject({
      event: "desired-state",
      actor: "operator",
      door: "slack",
      command: "stop",
      operationId: operation.id,
      requestId: operation.requestId,
      reason: "deploy",
      detail: { before: { "stock-keeper": "running" }, after: "stopped" },
    });
  });

  test("nothing is set when it cannot be audited", async () => {
    const holder = await store.pool.connect();
    try {
      await holder.query("begin");
      await holder.query("select from audit_head for update");
      const set = createDesiredStates(store.pool).set(["billing"], { ...stopped, by: null, reason: "\0" });
      await expect(set).rejects.toMatchObject({ code: "unavailable" });
    } finally {
      await holder.query("rollback");
      holder.release();
    }
    expect(await createDesiredStates(store.pool).readAll()).toEqual(new Map());
    await createDesiredStates(store.pool).set(["billing"], { ...stopped, by: null, reason: "\0" });
    expect((await audited("billing"))[0]).toMatchObject({ actor: "rollcall", door: "host", reason: "␀" });
  });

  test("a pause whose time is over ends, in the name of the schedule and audited; a longer one and a stop stay", async () => {
    const states = createDesiredStates(store.pool);
    const paused: DesiredState = { state: "paused", by: "Anna", since: 1000, reason: null, until: 5000 };
    await states.set(["billing"], paused);
    await states.set(["invoices"], { ...paused, until: 9000 });
    await states.set(["shipping"], stopped);
    expect(await states.endPauses(4999)).toEqual([]);
    expect(await states.endPauses(5000)).toEqual(["billing"]);
    expect(await states.endPauses(5000)).toEqual([]);
    const after = await states.readAll();
    expect([after.get("invoices"), after.get("shipping")]).toEqual([{ ...paused, until: 9000 }, stopped]);
    const reason = "the pause by Anna is over";
    expect(after.get("billing")).toEqual({ state: "running", by: "schedule", since: 5000, reason });
    expect((await audited("billing"))[0]).toMatchObject({ event: "desired-state", actor: "schedule", reason });
  });

  test("two leaders at once end a pause once", async () => {
    const states = createDesiredStates(store.pool);
    await states.set(["billing"], { ...stopped, state: "paused", until: 5000 });
    const ended = await Promise.all([states.endPauses(6000), states.endPauses(6000), states.endPauses(6000)]);
    expect(ended.flat()).toEqual(["billing"]);
  });
});
