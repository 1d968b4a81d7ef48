import { acceptanceOf, openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { lookAt } from "../../command-fixture.ts";
import { auditEntry } from "../../domain/audit.ts";
import { FakeFleet } from "../../fleet-fixture.ts";
import type { Changes, ToldChange } from "../../ports/changes.ts";
import { watchChanges } from "../../watch-changes.ts";
import { createChanges } from "./changes.ts";
import { createCommandStore } from "./command-store.ts";

let store: TestStore;
let changes: Changes;
let fleet: FakeFleet;
beforeAll(async () => {
  store = await openTestStore();
  changes = createChanges(store.pool);
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.pool.query("truncate changes, seen_agents, operations, agent_locks restart identity cascade");
  fleet = new FakeFleet("billing", "invoices");
  fleet.now = Date.now();
  Object.assign(fleet.ports, { changes });
});

const look = () => watchChanges({ ...fleet.ports, changes });
const list = async (filter: Partial<Parameters<Changes["list"]>[0]> = {}) =>
  (await changes.list({ from: 0, limit: 100, ...filter })).map(
    ({ kind, agents, what }) => `${kind} ${agents}: ${what}`,
  );
const runs = (id: string, version: string, epoch = fleet.agent(id).epoch + 1) =>
  Object.assign(fleet.agent(id), { epoch, beat: { version } });

describe("what is seen of the fleet", () => {
  test("is no change the first time", async () => {
    await look();
    await look();
    expect(await list()).toEqual([]);
  });

  test("is told once when an agent runs another version, whoever looks", async () => {
    await look();
    runs("billing", "1.0.1");
    await Promise.all([look(), look(), look()]);
    await look();
    expect(await list()).toEqual(["version billing: 1.0.0 → 1.0.1"]);
  });

  test("is a start anew if nobody ordered it, and none within a restart of ours or soon after", async () => {
    await look();
    runs("billing", "1.0.0");
    await look();
    expect(await list()).toEqual(["start billing: started anew, not by Rollcall"]);
    const { operation } = await createCommandStore(store.pool).accept(acceptanceOf({ agents: ["invoices"] }));
    runs("invoices", "1.0.0");
    await look();
    await store.pool.query(
      "update operations set state = 'ended', ending = 'recovered', ended_at = now() where 'op-' || id = $1",
      [operation.id],
    );
    runs("invoices", "1.0.0");
    await look();
    expect(await list()).toEqual([
      "operation invoices: restart, recovered",
      "start billing: started anew, not by Rollcall",
    ]);
    await store.pool.query("update operations set ended_at = now() - interval '6 minutes'");
    runs("invoices", "1.0.0");
    await look();
    expect(await list()).toContain("start invoices: started anew, not by Rollcall");
  });

  test("is not changed by the last words of a process that a newer one has taken the place of", async () => {
    runs("billing", "2.0.0", 9);
    await look();
    runs("billing", "1.0.0", 8);
    await look();
    expect(await list()).toEqual([]);
  });

  test("is told when the list of the fleet changes: who is new, who is gone, what is declared differently", async () => {
    await look();
    const billing = fleet.agent("billing");
    billing.expected = { ...billing.expected, consumes: ["orders.*"], normalSeconds: 9 };
    fleet.agents.delete("invoices");
    fleet.agents.set("shipping", new FakeFleet("shipping").agent("shipping"));
    await look();
    await look();
    expect((await list()).toSorted()).toEqual([
      "fleet billing: declared differently: consumes, normalSeconds",
      "fleet invoices: no longer expected",
      "fleet shipping: newly expected",
    ]);
  });

  test("does not take a pause for another declaration", async () => {
    await look();
    const billing = fleet.agent("billing");
    billing.expected = { ...billing.expected, desired: { state: "paused", by: "Olga", since: 1, reason: null } };
    await look();
    expect(await list()).toEqual([]);
  });
});

const told = (known: Partial<ToldChange> = {}): ToldChange => ({
  ...{ at: Date.now(), agents: ["billing"], what: "deployed 4.7.2", version: "4.7.2" },
  ...{ by: "CI", link: null, key: "deploy-7", ...known },
});
const entry = auditEntry({ event: "configuration", actor: "ci", door: "http" });

describe("what is told", () => {
  test("is one change and one audit row, however often it is told", async () => {
    const first = await changes.tell(told(), entry);
    expect(await changes.tell(told(), entry)).toEqual(first);
    expect(await list()).toEqual(["deployment billing: deployed 4.7.2"]);
    const { rows } = await store.pool.query(
      "select body from audit_log where body::jsonb ->> 'event' = 'configuration'",
    );
    expect(rows.map(({ body }) => JSON.parse(body).detail)).toEqual([{ change: first.id }]);
  });

  test("is refused if its key was used for something else", async () => {
    await changes.tell(told(), entry);
    await expect(changes.tell(told({ what: "deployed 4.8.0" }), entry)).rejects.toMatchObject({ code: "conflict" });
  });

  test("may hold what PostgreSQL cannot, and is found by agent and time", async () => {
    const at = Date.now() - 60_000;
    await changes.tell(told({ at, what: "deployed\0 \ud800", agents: [], key: "k2" }), entry);
    await changes.tell(told({ agents: ["shipping"], key: "k3" }), entry);
    expect(await list({ agents: ["billing"] })).toEqual(["deployment : deployed␀ \ufffd"]);
    expect(await list({ from: at + 1 })).toEqual(["deployment shipping: deployed 4.7.2"]);
    expect(await list({ to: at + 1, limit: 5 })).toEqual(["deployment : deployed␀ \ufffd"]);
  });

  test("is forgotten when it is old", async () => {
    await changes.tell(told({ at: Date.now() - 10_000 }), entry);
    await changes.forget(Date.now() - 5000);
    expect(await list()).toEqual([]);
  });
});

describe("the command changed", () => {
  const changed = (...who: string[]) => lookAt(fleet, { name: "changed", input: { who } });

  test("says what changed, newest first, by whom", async () => {
    await look();
    await changes.tell(told({ at: fleet.now - 60_000, version: "1.0.1" }), entry);
    runs("billing", "1.0.1");
    await look();
    const { headline, lines, sameAs } = await changed();
    expect(headline).toBe("*1 change* in the last 30 minutes");
    expect(lines).toEqual([expect.stringMatching(/^T\S+ billing 1\.0\.0 → 1\.0\.1, by CI$/)]);
    expect(sameAs).toBe("same as /fleet changed");
  });

  test("looks back as far as it is told, at whom it is told", async () => {
    await changes.tell(told({ at: fleet.now - 3 * 3_600_000 }), entry);
    expect((await changed()).headline).toBe("*Nothing changed* in the last 30 minutes");
    expect((await changed("1d", "billing")).lines).toHaveLength(1);
    expect((await changed("1d", "invoices")).lines).toEqual([]);
    await expect(changed("1d", "2h")).rejects.toMatchObject({ code: "invalid_input" });
    await expect(changed("nobody")).rejects.toMatchObject({ code: "unknown_agent" });
  });
});
