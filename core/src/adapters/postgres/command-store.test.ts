import { acceptanceOf, openTestStore, operator, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFailure } from "../../domain/failure.ts";
import type { Operation } from "../../domain/operation.ts";
import { createAuditLog } from "./audit-log.ts";
import { createCommandStore } from "./command-store.ts";
import { createIncidents } from "./incidents.ts";
import { createOperations, readHistory } from "./operations.ts";
import { createPool, inTransaction } from "./pool.ts";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const accept = (changes = {}) => createCommandStore(store.pool).accept(acceptanceOf(changes));
const jobsOf = async (id: string): Promise<number> =>
  (await store.pool.query("select 1 from graphile_worker.jobs where key = $1", [id])).rows.length;
const codes = (outcomes: PromiseSettledResult<unknown>[]) =>
  outcomes.map((outcome) => (outcome.status === "fulfilled" ? "ok" : isFailure(outcome.reason) && outcome.reason.code));

describe("accept", () => {
  test("writes the operation, its job and its audit intent together", async () => {
    const { operation, repeated } = await accept({ agents: ["order-intake"], reason: "it hangs \0" });
    expect(repeated).toBe(false);
    expect(operation).toMatchObject({
      id: expect.stringMatching(/^op-\d+$/),
      command: "restart",
      input: { who: ["order-intake"] },
      actor: operator,
      door: "slack",
      reason: "it hangs ␀",
      state: "queued",
      ending: null,
      targets: [
        { agent: "order-intake", ending: null, memory: {}, stages: [{ name: "sent", state: "next" }, {}, {}, {}] },
      ],
      incidentId: null,
      usualSeconds: null,
      earlierRuns: 0,
      revision: 1,
    });
    expect(Math.abs(operation.createdAt - Date.now())).toBeLessThan(60_000);
    expect(await createOperations(store.pool).find(operation.id)).toEqual(operation);
    expect(await jobsOf(operation.id)).toBe(1);
    const [row] = await createAuditLog(store.pool).search({ operationId: operation.id, limit: 5 });
    expect(row).toMatchObject({ event: "intent", actor: "operator", targets: ["order-intake"], decision: "allowed" });
  });

  test("keeps what would have been typed for it, whatever stands in it", async () => {
    const { operation } = await accept({ agents: ["typed"], typed: "restart typed --reason a\0b" });
    expect(operation.typed).toBe("restart typed --reason a␀b");
    expect((await accept({ agents: ["untyped"] })).operation.typed).toBeUndefined();
  });

  test("keeps that somebody asked for it by force", async () => {
    const { operation } = await accept({ agents: ["by-force"], force: true });
    expect(operation.force).toBe(true);
    expect(await createOperations(store.pool).find(operation.id)).toEqual(operation);
  });

  test("the same key five times at once is one operation, one job, one audit row", async () => {
    const acceptance = acceptanceOf();
    const results = await Promise.all(
      Array.from({ length: 5 }, () => createCommandStore(store.pool).accept(acceptance)),
    );
    expect(results.filter((result) => !result.repeated)).toHaveLength(1);
    const ids = new Set(results.map((result) => result.operation.id));
    expect(ids.size).toBe(1);
    const [id] = [...ids] as [string];
    expect(await jobsOf(id)).toBe(1);
    expect(await createAuditLog(store.pool).search({ operationId: id, limit: 5 })).toHaveLength(1);
    expect(await createCommandStore(store.pool).find(acceptance.idempotencyKey)).toMatchObject({ id });
    expect(await createCommandStore(store.pool).find("never sent")).toBeNull();
  });

  test("two keys for one agent: the second is refused and told which operation has it", async () => {
    const { operation } = await accept({ agents: ["stock-keeper"] });
    const second = accept({ agents: ["invoices", "stock-keeper"] });
    await expect(second).rejects.toMatchObject({
      code: "conflict",
      message: `stock-keeper is taken by ${operation.id} (restart)`,
      detail: { found: operation.id },
    });
    // Nothing of the refused one is left: the other agent is free.
    await expect(accept({ agents: ["invoices"] })).resolves.toMatchObject({ repeated: false });
  });

  test("of ten at once for the same two agents, in either order, one is accepted and none waits for ever", async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) =>
        accept({ agents: index % 2 === 0 ? ["pair-a", "pair-b"] : ["pair-b", "pair-a"] }),
      ),
    );
    expect(codes(outcomes).filter((code) => code === "ok")).toHaveLength(1);
    expect(codes(outcomes).filter((code) => code === "conflict")).toHaveLength(9);
  });

  test("nothing is accepted when the audit row cannot be written", async () => {
    const holder = await store.pool.connect();
    const acceptance = acceptanceOf();
    const before = await createAuditLog(store.pool).search({ limit: 1 });
    try {
      await holder.query("begin");
      await holder.query("select from audit_head for update");
      await expect(createCommandStore(store.pool).accept(acceptance)).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining("too slow"),
      });
    } finally {
      await holder.query("rollback");
      holder.release();
    }
    expect(await createCommandStore(store.pool).find(acceptance.idempotencyKey)).toBeNull();
    expect(await createAuditLog(store.pool).search({ limit: 1 })).toEqual(before);
    const { rows } = await store.pool.query("select 1 from agent_locks where agent = $1", [acceptance.agents[0]]);
    expect(rows).toEqual([]);
  });

  test("nothing is accepted while PostgreSQL is read-only", async () => {
    const readOnly = createPool({ url: `${store.url}?options=-c%20default_transaction_read_only%3Don`, name: "test" });
    await expect(createCommandStore(readOnly).accept(acceptanceOf())).rejects.toMatchObject({
      code: "unavailable",
      message: "PostgreSQL is read-only",
    });
    await readOnly.end();
  });

  test("a deadlock is tried again", async () => {
    let clashes = 2;
    await store.pool.query("create table clash (only_row integer)");
    await store.pool.query(`create or replace function clash() returns trigger language plpgsql as $$
      begin
        if new.command = 'clash' and nextval('clashes') <= 2 then raise exception 'x' using errcode = '40P01'; end if;
        return new;
      end $$`);
    await store.pool.query("create sequence clashes");
    await store.pool.query("create trigger clash before insert on operations for each row execute function clash()");
    await expect(accept({ command: "clash" })).resolves.toMatchObject({ repeated: false });
    await store.pool.query("alter sequence clashes minvalue -100 restart with -50");
    await expect(accept({ command: "clash" })).rejects.toMatchObject({ code: "unavailable" });
    clashes = (await store.pool.query("select last_value from clashes")).rows[0].last_value;
    expect(Number(clashes)).toBe(-48);
  });

  test("a card that does not exist is said, and nothing is accepted", async () => {
    for (const incidentId of ["inc-999999", "inc-x"])
      await expect(accept({ agents: [], incidentId })).rejects.toMatchObject({ code: "not_found" });
  });

  test("a command about an incident has the incident itself as its target, and changes its revision", async () => {
    const incident = await createIncidents(store.pool).record({
      groupKey: "{}:{alertname='AgentGone'}",
      status: "firing",
      alerts: [
        {
          fingerprint: "f",
          alertname: "AgentGone",
          agent: "billing",
          labels: {},
          annotations: {},
          startsAt: 1000,
          firing: true,
          endedAt: null,
        },
      ],
    });
    const { operation } = await accept({ agents: [], incidentId: incident.id, stages: ["acknowledged"] });
    expect(operation.targets.map((target) => target.agent)).toEqual([incident.id]);
    expect(operation.incidentId).toBe(incident.id);
    expect((await createIncidents(store.pool).find(incident.id))?.revision).toBe(incident.revision + 1);
  });
});

describe("operations", () => {
  const end = (operation: Operation, { seconds, ending }: { seconds: number; ending: string }) =>
    store.pool.query(
      `with freed as (delete from agent_locks where operation = $1)
       update operations set state = 'ended', ending = 'done', ended_at = now(), revision = revision + 1,
         targets = (select jsonb_agg(target || jsonb_build_object('ending', $3::text, 'stages', jsonb_build_array(
           jsonb_build_object('name', 'sent', 'startedAt', 1000, 'endedAt', 1500),
           jsonb_build_object('name', 'working', 'startedAt', 1500, 'endedAt', 1000 + $2::float * 1000),
           jsonb_build_object('name', 'alert clear', 'startedAt', null, 'endedAt', null)))) from jsonb_array_elements(targets) as target)
       where id = $1`,
      [operation.id.slice(3), seconds, ending],
    );

  test("usually takes the median of the runs that helped", async () => {
    const operations = createOperations(store.pool);
    expect(await operations.history("restart", "shipping")).toEqual({ tried: 0, helped: 0, medianSeconds: null });
    for (const run of [
      { seconds: 10, ending: "recovered" },
      { seconds: 40, ending: "recovered" },
      { seconds: 38, ending: "recovered" },
      { seconds: 300, ending: "did-not-come-back" },
      { seconds: 1, ending: "cancelled" },
    ])
      await end((await accept({ agents: ["shipping"] })).operation, run);
    expect(await operations.history("restart", "shipping")).toEqual({ tried: 4, helped: 3, medianSeconds: 38 });
    expect(await operations.history("stop", "shipping")).toMatchObject({ tried: 0 });
    const { operation } = await accept({ agents: ["shipping"] });
    expect(operation).toMatchObject({ usualSeconds: 38, earlierRuns: 3 });
    await end(operation, { seconds: 38, ending: "recovered" });
    // Two agents are worked on one after another; of one of them nothing is known.
    expect((await accept({ agents: ["shipping", "unheard-of"] })).operation).toMatchObject({
      usualSeconds: null,
      earlierRuns: 0,
    });
  });

  test("of a long history the last 50 runs are read, and nothing else", async () => {
    await store.pool.query(
      `insert into operations (command, input, actor, door, request_id, idempotency_key, agents, state, ending, targets)
       select 'restart', '{}', '{}', 'slack', 'r', 'long-' || gen_random_uuid(), '{old}', 'ended', 'recovered', jsonb_build_array(
         jsonb_build_object('agent', 'old', 'ending', 'recovered', 'stages', jsonb_build_array(
           jsonb_build_object('name', 'sent', 'startedAt', 0, 'endedAt', n * 1000))))
       from generate_series(1, 500) as n`,
    );
    await store.pool.query("analyze operations, operation_outcomes");
    const read = await inTransaction(store.pool, async (client) => {
      // Of this connection, with what its transactions of the last second have read.
      const rowsRead = async (): Promise<number> => {
        const { rows } = await client.query(
          "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::integer as rows from pg_stat_xact_user_tables",
        );
        return rows[0].rows;
      };
      const before = await rowsRead();
      const history = await readHistory(client, { command: "restart", agents: ["old"] });
      return { history: history.get("old"), rows: (await rowsRead()) - before };
    });
    // Of 451 to 500 seconds.
    expect(read.history).toEqual({ tried: 50, helped: 50, medianSeconds: 475.5 });
    expect(read.rows).toBeLessThanOrEqual(50);
  });

  test("an outcome that is found out later counts in the place of the first one", async () => {
    const { operation } = await accept({ agents: ["found-out"] });
    await end(operation, { seconds: 5, ending: "unknown" });
    const operations = createOperations(store.pool);
    expect(await operations.history("restart", "found-out")).toMatchObject({ tried: 1, helped: 0 });
    await end(operation, { seconds: 5, ending: "recovered" });
    expect(await operations.history("restart", "found-out")).toEqual({ tried: 1, helped: 1, medianSeconds: 5 });
    await end(operation, { seconds: 5, ending: "refused" });
    expect(await operations.history("restart", "found-out")).toMatchObject({ tried: 0 });
  });

  test("are listed newest first, by agent and by whether they run", async () => {
    const operations = createOperations(store.pool);
    const first = (await accept({ agents: ["listed-a"] })).operation;
    const second = (await accept({ agents: ["listed-b", "listed-c"] })).operation;
    await end(first, { seconds: 1, ending: "done" });
    const third = (await accept({ agents: ["listed-a"] })).operation;
    const ids = async (filter: { running?: boolean; agent?: string }) =>
      (await operations.list({ limit: 3, ...filter })).map(({ id }) => id);
    expect(await ids({})).toEqual([third.id, second.id, first.id]);
    expect(await ids({ agent: "listed-a" })).toEqual([third.id, first.id]);
    expect(await ids({ agent: "listed-a", running: true })).toEqual([third.id]);
    expect(await ids({ agent: "listed-a", running: false })).toEqual([first.id]);
    const command = "listed-by-name";
    const named = (await accept({ command, agents: [] })).operation;
    expect((await operations.list({ command, limit: 9 })).map(({ id }) => id)).toEqual([named.id]);
    expect(await operations.list({ limit: 1 })).toHaveLength(1);
  });

  test.each(["op-0", "op-", "op-x", "inc-1", "op-1; drop table operations", "op-99999999999999999999", "op-999999"])(
    "there is none called %s",
    async (id) => {
      expect(await createOperations(store.pool).find(id)).toBeNull();
    },
  );
});
