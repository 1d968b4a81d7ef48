import { acceptanceOf, openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditEntry } from "../../domain/audit.ts";
import { isFailure } from "../../domain/failure.ts";
import type { Plan } from "../../domain/plan.ts";
import { createAuditLog } from "./audit-log.ts";
import { createCommandStore } from "./command-store.ts";
import { createPlans } from "./plans.ts";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(async () => await store.close());

const plan = { command: "restart", actor: "operator", subjects: ["billing"] } as unknown as Plan;
const shown = auditEntry({ event: "plan", action: "shown", actor: "operator", door: "slack" });
let tokens = 0;
async function offer(changes: { insteadOf?: string; expiresInSeconds?: number } = {}) {
  tokens += 1;
  const draft = { plan, hash: "h".repeat(64), tokenHash: `t${tokens}`, door: "slack" as const, reason: null };
  const rest = { requestId: "r-1", expiresInSeconds: 300, insteadOf: null, ...changes };
  return { tokenHash: draft.tokenHash, plan: await createPlans(store.pool).offer({ ...draft, ...rest }, shown) };
}
const confirming = (id: string, agent = `agent-${tokens}`) => {
  const audit = auditEntry({ event: "plan", action: "confirmed", actor: "operator", door: "slack" });
  return createCommandStore(store.pool).accept(acceptanceOf({ agents: [agent], confirms: { plan: id, audit } }));
};
const find = (tokenHash: string) => createPlans(store.pool).find(tokenHash);
const rulesOf = (outcomes: PromiseSettledResult<unknown>[]) =>
  outcomes.map((one) => (one.status === "fulfilled" ? "done" : isFailure(one.reason) && one.reason.detail.rule));

describe("a plan that was shown", () => {
  test("is found by the hash of its token until it is confirmed, with its audit row beside it", async () => {
    const { tokenHash, plan: offered } = await offer();
    expect(await find(tokenHash)).toEqual(offered);
    expect(offered).toMatchObject({ state: "open", became: null, plan, actor: { id: "operator" } });
    expect(offered.expiresAt - offered.createdAt).toBe(300_000);
    expect(await find("another")).toBeNull();
    const [row] = await createAuditLog(store.pool).search({ event: "plan", limit: 1 });
    expect(row).toMatchObject({ action: "shown", detail: { plan: offered.id } });
  });

  test("becomes one operation, in the same transaction, and both are written down", async () => {
    const { tokenHash, plan: offered } = await offer();
    const { operation } = await confirming(offered.id);
    expect(await find(tokenHash)).toMatchObject({ state: "confirmed", became: operation.id });
    const rows = await createAuditLog(store.pool).search({ operationId: operation.id, limit: 5 });
    expect(rows.map(({ event }) => event)).toEqual(["intent", "plan"]);
  });

  test("confirmed ten times at once, by ten keys and for ten agents, becomes one operation", async () => {
    const { plan: offered } = await offer();
    const tries = Array.from({ length: 10 }, (_, index) => confirming(offered.id, `once-${index}`));
    const rules = rulesOf(await Promise.allSettled(tries));
    expect(rules.filter((rule) => rule === "done")).toHaveLength(1);
    expect(rules.filter((rule) => rule === "plan-used")).toHaveLength(9);
    const { rows } = await store.pool.query(
      "select count(*)::int as n from operations where 'once-0' = any(agents) or agents && $1",
      [Array.from({ length: 10 }, (_, index) => `once-${index}`)],
    );
    expect(rows[0].n).toBe(1);
  });

  test("whose time is over accepts nothing", async () => {
    const { plan: offered } = await offer({ expiresInSeconds: 0 });
    await expect(confirming(offered.id, "too-late")).rejects.toMatchObject({ code: "expired" });
    const { rows } = await store.pool.query("select 1 from operations where 'too-late' = any(agents)");
    expect(rows).toEqual([]);
  });

  test("is not used up when its agent is taken", async () => {
    const { tokenHash, plan: offered } = await offer();
    await createCommandStore(store.pool).accept(acceptanceOf({ agents: ["taken"] }));
    await expect(confirming(offered.id, "taken")).rejects.toMatchObject({ code: "conflict" });
    expect(await find(tokenHash)).toMatchObject({ state: "open" });
  });

  test("that was replaced by a new one accepts nothing", async () => {
    const { tokenHash, plan: offered } = await offer();
    await offer({ insteadOf: offered.id });
    expect(await find(tokenHash)).toMatchObject({ state: "changed" });
    await expect(confirming(offered.id)).rejects.toMatchObject({ detail: { rule: "plan-used" } });
  });

  test("is forgotten a day after its end", async () => {
    const { tokenHash, plan: offered } = await offer();
    await store.pool.query("update plans set expires_at = now() - interval '25 hours' where id = $1", [
      offered.id.replace("plan-", ""),
    ]);
    await offer();
    expect(await find(tokenHash)).toBeNull();
  });
});
