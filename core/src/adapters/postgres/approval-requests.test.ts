import { acceptanceOf, openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { auditEntry } from "../../domain/audit.ts";
import type { RequestDraft, Settlement } from "../../ports/approval-requests.ts";
import { createApprovalRequests } from "./approval-requests.ts";
import { createAuditLog } from "./audit-log.ts";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(() => store.pool.query("truncate approval_requests, operations, agent_locks cascade"));

const OLGA = { id: "olga", name: "Olga" };
const ADAM = { id: "adam", name: "Adam" };
const audit = auditEntry({ event: "approval", actor: "olga", door: "slack", targets: ["billing"] });
const requests = () => createApprovalRequests(store.pool);
let keys = 0;

function draftOf(changes: Partial<RequestDraft> = {}): RequestDraft {
  keys += 1;
  const acceptance = acceptanceOf({ idempotencyKey: `key-${keys}` });
  return {
    ...{ command: "restart", input: { who: ["billing"] }, actor: { ...acceptance.actor, ...OLGA }, door: "slack" },
    ...{ reason: "4.7.2 is broken", requestId: "r-1", idempotencyKey: `key-${keys}`, targets: ["billing"] },
    ...{
      hash: "a".repeat(64),
      policyVersion: "p",
      incidentId: null,
      rule: "p0-working",
      why: "P0 agent billing works",
    },
    expiresInSeconds: 600,
    ...changes,
  };
}

const settlementOf = (id: string, changes: Partial<Settlement> = {}): Settlement => ({
  ...{ id, state: "denied", hash: "a".repeat(64), by: ADAM, door: "slack", reason: null, audit },
  ...changes,
});

const approvalOf = (id: string, changes: Partial<Settlement> = {}): Settlement =>
  settlementOf(id, {
    state: "approved",
    acceptance: acceptanceOf({ agents: ["billing"], idempotencyKey: `of ${id}` }),
    ...changes,
  });

const waiting = async (changes: Partial<RequestDraft> = {}) => (await requests().ask(draftOf(changes), audit)).request;
const operations = async () => (await store.pool.query("select count(*)::int as n from operations")).rows[0].n;

describe("a request for a second person", () => {
  test("waits, is found by its id and its key, and a repeat writes nothing", async () => {
    const draft = draftOf();
    const { request, repeated } = await requests().ask(draft, audit);
    expect(repeated).toBe(false);
    const { expiresInSeconds: _, ...stored } = draft;
    expect(request).toMatchObject({ ...stored, state: "waiting", operationId: null });
    expect(request.expiresAt - request.createdAt).toBeGreaterThan(599_000);
    const rows = await createAuditLog(store.pool).verify();
    expect(await requests().ask(draft, audit)).toEqual({ request, repeated: true });
    expect((await createAuditLog(store.pool).verify()).rows).toBe(rows.rows);
    expect(await requests().find(request.id)).toEqual(request);
    expect(await requests().findByKey(draft.idempotencyKey)).toEqual(request);
    expect(await requests().list({ waiting: true, limit: 10 })).toEqual([request]);
    expect(await requests().find("req-999999")).toBeNull();
    expect(await requests().find("op-1")).toBeNull();
  });

  test("keeps that it was asked for by force", async () => {
    const request = await waiting({ force: true });
    expect(request.force).toBe(true);
    expect(await requests().find(request.id)).toEqual(request);
  });

  test("becomes one operation when it is approved, in the same transaction, and says who agreed", async () => {
    const request = await waiting();
    const settled = await requests().settle(approvalOf(request.id));
    expect(settled).toMatchObject({ state: "approved", decidedBy: ADAM, operationId: expect.stringMatching(/^op-/) });
    expect(await operations()).toBe(1);
    expect(await requests().list({ waiting: true, limit: 10 })).toEqual([]);
    // The job of the approval may run twice; the second time finds what the first did.
    expect(await requests().settle(approvalOf(request.id))).toEqual(settled);
    expect(await operations()).toBe(1);
  });

  test("ends once: what comes later is refused with how it ended and by whom", async () => {
    const request = await waiting();
    await requests().settle(settlementOf(request.id, { reason: "not now" }));
    await expect(requests().settle(approvalOf(request.id, { by: { id: "eve", name: "Eve" } }))).rejects.toMatchObject({
      code: "conflict",
      message: `${request.id} is denied already by Adam. Nothing was done.`,
    });
    expect(await operations()).toBe(0);
  });

  test("is not approved when it is not what was looked at", async () => {
    const request = await waiting();
    const other = approvalOf(request.id, { hash: "b".repeat(64) });
    await expect(requests().settle(other)).rejects.toMatchObject({ code: "conflict" });
    expect((await requests().find(request.id))?.state).toBe("waiting");
  });

  test("is over after its time, by PostgreSQL's clock, and that is stored and audited", async () => {
    const request = await waiting({ expiresInSeconds: 0 });
    await expect(requests().settle(approvalOf(request.id))).rejects.toMatchObject({ code: "expired" });
    expect((await requests().find(request.id))?.state).toBe("expired");
    expect(await operations()).toBe(0);
    const other = await waiting({ expiresInSeconds: 0 });
    expect((await requests().expire()).map(({ id }) => id)).toEqual([other.id]);
    expect(await requests().expire()).toEqual([]);
    const [row] = await createAuditLog(store.pool).search({ target: "billing", limit: 1 });
    expect(row).toMatchObject({ event: "approval", action: "expired", actor: "rollcall" });
  });

  test("goes on waiting when its agents are taken by something else", async () => {
    const [one, other] = [await waiting(), await waiting()];
    await requests().settle(approvalOf(one.id));
    await expect(requests().settle(approvalOf(other.id))).rejects.toMatchObject({ code: "conflict" });
    expect((await requests().find(other.id))?.state).toBe("waiting");
  });

  test("ten approvals and ten denials at once have one outcome", async () => {
    for (let round = 0; round < 5; round += 1) {
      await store.pool.query("truncate approval_requests, operations, agent_locks cascade");
      const request = await waiting();
      const people = Array.from({ length: 20 }, (_, index) => ({ id: `p-${index}`, name: `P ${index}` }));
      const answers = await Promise.allSettled(
        people.map((by, index) => requests().settle((index % 2 === 0 ? approvalOf : settlementOf)(request.id, { by }))),
      );
      expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const found = await requests().find(request.id);
      expect(await operations()).toBe(found?.state === "approved" ? 1 : 0);
    }
  });

  test("nothing is stored of an approval that cannot be audited", async () => {
    const request = await waiting();
    const broken = approvalOf(request.id, { audit: { ...audit, actor: "" } });
    await expect(requests().settle(broken)).rejects.toThrow();
    expect([await operations(), (await requests().find(request.id))?.state]).toEqual([0, "waiting"]);
  });
});
