import { acceptanceOf, openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { auditEntry } from "../../domain/audit.ts";
import type { Settlement } from "../../ports/approval-requests.ts";
import { createApprovalRequests } from "./approval-requests.ts";
import { createCommandStore } from "./command-store.ts";
import { createPublications } from "./publications.ts";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(() => store.pool.query("truncate approval_requests, operations, agent_locks, chat_messages cascade"));

const audit = auditEntry({ event: "approval", actor: "olga", door: "slack", targets: ["billing"] });
const publications = () => createPublications(store.pool);
const requests = () => createApprovalRequests(store.pool);
const wanted = async () =>
  Object.fromEntries((await publications().behind(100)).map(({ key, revision }) => [key, revision]));
const ask = async (expiresInSeconds = 600) => {
  const { actor } = acceptanceOf({});
  const draft = {
    ...{ command: "restart", input: {}, actor, door: "slack" as const, reason: "slow", requestId: "r-1" },
    ...{ idempotencyKey: `key-${Math.random()}`, targets: ["billing"], hash: "a".repeat(64), policyVersion: "p" },
    ...{ incidentId: null, rule: "p0-working", why: "P0 agent billing works", expiresInSeconds },
  };
  return (await requests().ask(draft, audit)).request;
};
const settlement = (id: string, state: Settlement["state"]): Settlement => ({
  ...{ id, state, hash: "a".repeat(64), by: { id: "adam", name: "Adam" }, door: "slack", reason: null, audit },
  ...(state === "approved" ? { acceptance: acceptanceOf({ agents: ["billing"], idempotencyKey: `of ${id}` }) } : {}),
});

describe("messages of a request for a second person", () => {
  test("it has one, and each more that is wanted follows its changes too", async () => {
    const { id } = await ask();
    await ask();
    await publications().want(`${id}:dm:U0SECOND`, 1);
    await publications().want(`${id}:dm:U0SECOND`, 1);
    expect(await wanted()).toMatchObject({ [id]: 1, [`${id}:dm:U0SECOND`]: 1 });
    await requests().settle(settlement(id, "withdrawn"));
    const { [id]: own, [`${id}:dm:U0SECOND`]: direct, ...others } = await wanted();
    expect([own, direct]).toEqual([2, 2]);
    expect(Object.values(others)).toEqual([1]);
  });

  test.each(["denied", "void"] as const)("who asked is told when it is %s", async (state) => {
    const { id } = await ask();
    await requests().settle(settlement(id, state));
    expect(await wanted()).toEqual({ [id]: 2, [`${id}:ending`]: 2 });
  });

  test("who asked is told when nobody answered", async () => {
    const { id } = await ask(0);
    await requests().expire();
    expect(await wanted()).toEqual({ [id]: 2, [`${id}:ending`]: 2 });
  });

  test("what it became has its own message, which tells of the end", async () => {
    const { id } = await ask();
    const { operationId } = await requests().settle(settlement(id, "approved"));
    expect(await wanted()).toEqual({ [id]: 2, [operationId ?? ""]: 1 });
  });

  test("what was never posted can be given up, what was begun cannot", async () => {
    const { id } = await ask();
    for (const user of ["U1", "U2"]) await publications().want(`${id}:dm:${user}`, 1);
    await publications().markAttempt(`${id}:dm:U2`, "D2");
    for (const user of ["U1", "U2"]) await publications().forget(`${id}:dm:${user}`);
    expect(await wanted()).toEqual({ [id]: 1, [`${id}:dm:U2`]: 1 });
  });

  test.each(["approve", "deny", "withdraw"])("%s itself has none: the request's says it", async (command) => {
    await createCommandStore(store.pool).accept(acceptanceOf({ command, agents: ["req-1"], idempotencyKey: command }));
    expect(await wanted()).toEqual({});
  });
});
