import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { auditEntry } from "../../domain/audit.ts";
import { targetOf } from "../../fake-agent-fixture.ts";
import { FakeFleet } from "../../fleet-fixture.ts";
import { type SpooledStep, takeSpool } from "../../take-spool.ts";
import { createAuditLog } from "./audit-log.ts";
import { createBreakGlass } from "./break-glass.ts";
import { createOperations } from "./operations.ts";
import { createPublications } from "./publications.ts";

let store: TestStore;
let fleet: FakeFleet;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.pool.query("truncate break_glass_uses, operations, chat_messages cascade");
  fleet = new FakeFleet("billing");
  fleet.now = Date.now();
});

const USE = "11111111-1111-4111-8111-111111111111";
/** Steps of one use, as the spool gives them. */
function stepsOf(use = USE, steps: readonly SpooledStep["step"][] = ["began", "stage", "ended"]): SpooledStep[] {
  return steps.map((step, index) => ({
    ...{ use, step, at: fleet.now - 60_000 + index, actor: "host:root on here", command: "restart", agent: "billing" },
    ...{ reason: "PostgreSQL is away", target: { ...targetOf("billing"), ending: "done" }, desired: null },
    ...{ line: index + 1, hash: `${use}-${index}` },
  }));
}
const take = (steps: readonly SpooledStep[], broken: { line: number; why: string } | null = null) =>
  takeSpool({ steps, broken }, { store: createBreakGlass(store.pool), ports: fleet.ports });
const audited = () => createAuditLog(store.pool).search({ event: "break-glass", order: "newest", limit: 50 });
const open = () => createBreakGlass(store.pool).unreviewed();

describe("what the spool holds", () => {
  test("becomes audit rows, an ended operation, a message and an open review", async () => {
    const before = (await audited()).length;
    expect(await take(stepsOf())).toEqual({ taken: 1, doubt: null });
    const [use] = await open();
    expect(use).toMatchObject({ command: "restart", agent: "billing", actor: "host:root on here", reviewedBy: null });
    expect(await createOperations(store.pool).find(use?.operationId ?? "")).toMatchObject({
      ...{ command: "restart", door: "host", state: "ended", ending: "done", reason: "PostgreSQL is away" },
    });
    const [row] = await audited();
    expect(row).toMatchObject({ action: "used", actor: "host:root on here", targets: ["billing"], door: "host" });
    expect(await audited()).toHaveLength(before + 1);
    const keys = (await createPublications(store.pool).behind(9)).map(({ key }) => key);
    expect(keys).toContain(use?.id);
  });

  test("is taken over once, by however many and however often", async () => {
    const before = (await audited()).length;
    const all = await Promise.all(Array.from({ length: 8 }, () => take(stepsOf())));
    expect(all.reduce((sum, { taken }) => sum + taken, 0)).toBe(1);
    expect(await take(stepsOf())).toEqual({ taken: 0, doubt: null });
    expect(await audited()).toHaveLength(before + 1);
    expect(await createOperations(store.pool).list({ limit: 9 })).toHaveLength(1);
  });

  test("waits while a use goes on, and one that broke off is unknown", async () => {
    expect((await take(stepsOf(USE, ["began", "stage"]))).taken).toBe(0);
    fleet.now += 16 * 60_000;
    expect(
      (await take(stepsOf(USE, ["began", "stage"]).map((one) => ({ ...one, at: one.at - 16 * 60_000 })))).taken,
    ).toBe(1);
    expect(await open()).toMatchObject([{ ending: "unknown", error: "it broke off" }]);
  });

  test("leaves the agent as it was left, unless somebody has wanted something else since", async () => {
    const stop = stepsOf().map((step) => ({ ...step, command: "stop", desired: "stopped" as const }));
    await take(stop);
    expect(fleet.agent("billing").expected.desired).toMatchObject({ state: "stopped", by: "host:root on here" });
    const later = { state: "running" as const, by: "Olga", since: fleet.now, reason: null };
    await fleet.ports.registry.setDesired(["billing"], later);
    await take(stop.map((step) => ({ ...step, use: "22222222-2222-4222-8222-222222222222" })));
    expect(fleet.agent("billing").expected.desired).toEqual(later);
  });
});

describe("a spool that cannot be believed", () => {
  test("is said once, in the audit log and as an open review; what stands before is taken over", async () => {
    const before = (await audited()).length;
    const broken = { line: 4, why: "it was changed" };
    expect(await take(stepsOf(), broken)).toEqual({ taken: 1, doubt: "line 4: it was changed" });
    await take(stepsOf(), broken);
    expect(await open()).toMatchObject([
      { command: "restart" },
      { command: null, reason: expect.stringContaining("line 4: it was changed") },
    ]);
    expect((await audited()).slice(0, (await audited()).length - before).map(({ action }) => action)).toEqual([
      "spool-damaged",
      "used",
    ]);
  });

  test.each<[string, (steps: SpooledStep[]) => SpooledStep[]]>([
    ["cut", (steps) => steps.slice(0, 2)],
    ["gone", () => []],
    ["another one", (steps) => steps.map((step) => ({ ...step, hash: "other" }))],
  ])("is one that is %s after it was taken over", async (_, change) => {
    await take(stepsOf());
    expect((await take(change(stepsOf()))).doubt).toMatch(/not there any more/);
  });
});

describe("a review", () => {
  test("is closed once, with what was found", async () => {
    await take(stepsOf());
    const [use] = await open();
    const id = use?.id ?? "";
    const audit = auditEntry({ event: "break-glass", actor: "adam", door: "slack", action: "reviewed", targets: [id] });
    const review = (text: string) => createBreakGlass(store.pool).review(id, { by: "Adam", text }, audit);
    expect([await review("was right"), await review("again")]).toEqual([true, false]);
    expect(await createBreakGlass(store.pool).find(id)).toMatchObject({
      reviewedBy: "Adam",
      review: "was right",
      revision: 2,
    });
    expect(await open()).toEqual([]);
  });
});
