import { Failure } from "@rollcall/core/domain/failure.ts";
import type { Operation } from "@rollcall/core/domain/operation.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { makeApp, operationOf } from "../http/app-fixture.ts";
import type { AppDeps } from "../http/deps.ts";
import { askedBy } from "../http/request-fixture.ts";
import type { Draft } from "./ring.ts";
import { createSources } from "./sources.ts";

let told: Draft[];
let rows: Operation[];
let ports: AppDeps["ports"];
let isAway: boolean;
beforeEach(() => {
  told = [];
  rows = [operationOf({ id: "op-1", state: "ended", ending: "done" })];
  isAway = false;
  makeApp((deps) => {
    ports = { ...deps.ports, operations: { ...deps.ports.operations, find, list } };
    return deps;
  });
});

const find = async (id: string) => rows.find((row) => row.id === id) ?? null;
async function list({ running, limit }: { running?: boolean; limit: number }): Promise<Operation[]> {
  if (isAway) throw new Failure("unavailable", "PostgreSQL does not answer");
  return rows
    .filter(({ state }) => running !== true || state !== "ended")
    .toReversed()
    .slice(0, limit);
}
const sources = () => createSources(ports, { publish: (draft) => void told.push(draft) });
const change = (id: string, more: Partial<Operation>) => {
  rows = rows.map((row) => (row.id === id ? { ...row, ...more, revision: row.revision + 1 } : row));
};
const operationsTold = () =>
  told.flatMap((draft) => (draft.type === "operation" ? [`${draft.operation.id} ${draft.operation.state}`] : []));

describe("sources of live streams", () => {
  test("the first look is a declared gap and no change", async () => {
    await sources().operations();
    expect(told).toEqual([{ type: "gap", topics: ["operations"], reason: "first-look", missed: null }]);
  });

  test("an operation is told from its acceptance to its end, each revision once", async () => {
    const { operations } = sources();
    await operations();
    rows = [...rows, operationOf({ id: "op-2" })];
    await operations();
    await operations();
    change("op-2", { state: "running" });
    await operations();
    change("op-2", { state: "ended", ending: "done" });
    await operations();
    await operations();
    expect(operationsTold()).toEqual(["op-2 queued", "op-2 running", "op-2 ended"]);
  });

  test("an old operation that ends is told, however many came after it", async () => {
    rows = [operationOf({ id: "op-2", state: "running" }), ...manyEnded(3, 100)];
    const { operations } = sources();
    await operations();
    change("op-2", { state: "ended", ending: "done" });
    await operations();
    expect(operationsTold()).toEqual(["op-2 ended"]);
  });

  test("more new operations than one look reads are a declared gap", async () => {
    const { operations } = sources();
    await operations();
    rows = [...rows, ...manyEnded(2, 80)];
    await operations();
    expect(told[1]).toMatchObject({ type: "gap", reason: "too-many" });
    expect(operationsTold()).toHaveLength(50);
  });

  test("a store that is away is told once, and when it is back with what changed meanwhile", async () => {
    const { operations } = sources();
    await operations();
    isAway = true;
    await expect(operations()).rejects.toThrow("does not answer");
    await expect(operations()).rejects.toThrow("does not answer");
    rows = [...rows, operationOf({ id: "op-2" })];
    isAway = false;
    await operations();
    expect(told.slice(1)).toMatchObject([
      { type: "source", topic: "operations", state: "away", detail: "PostgreSQL does not answer" },
      { type: "source", state: "back" },
      { type: "operation", operation: { id: "op-2" } },
    ]);
  });

  test("an agent is told when its verdict changes, and not when nothing does", async () => {
    let processes = await ports.supervisor.list();
    ports = { ...ports, supervisor: { ...ports.supervisor, list: async () => processes } };
    const { agents } = sources();
    await agents();
    await agents();
    expect(told).toHaveLength(1);
    processes = processes.map((process) => ({ ...process, state: "exited" as const, pid: null }));
    await agents();
    expect(told.slice(1)).toMatchObject([{ type: "agent", agent: { id: "invoices", processUp: false } }]);
  });

  describe("an order", () => {
    let processes: Awaited<ReturnType<AppDeps["ports"]["supervisor"]["list"]>>;
    const stopped = () => processes.map((process) => ({ ...process, state: "exited" as const, pid: null }));
    const targeted = (...ids: string[]): Operation =>
      operationOf({
        id: "op-2",
        state: "running",
        targets: ids.map((agent) => ({ agent, stages: [], memory: {}, ending: null })),
      });
    const agentsTold = () => told.flatMap((draft) => (draft.type === "agent" ? [draft.agent.id] : []));
    beforeEach(async () => {
      processes = await ports.supervisor.list();
      ports = { ...ports, supervisor: { ...ports.supervisor, list: async () => processes } };
    });

    test("shows what it changed at its targets without a look at the whole fleet, and that look does not repeat it", async () => {
      const { agents, operations } = sources();
      await agents();
      await operations();
      rows = [...rows, targeted("invoices")];
      processes = stopped();
      await operations();
      expect([operationsTold(), agentsTold()]).toEqual([["op-2 running"], ["invoices"]]);
      await agents();
      expect(agentsTold()).toEqual(["invoices"]);
    });

    test("is not undone by a look at the whole fleet that began before it", async () => {
      const [before, begun, goOn] = [processes, Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let isSlow = false;
      const list = async () => {
        if (!isSlow) return processes;
        isSlow = false;
        begun.resolve();
        await goOn.promise;
        return before;
      };
      ports = { ...ports, supervisor: { ...ports.supervisor, list } };
      const { agents, operations } = sources();
      await agents();
      await operations();
      isSlow = true;
      const whole = agents();
      await begun.promise;
      rows = [...rows, targeted("invoices")];
      processes = stopped();
      await operations();
      goOn.resolve();
      await whole;
      expect(agentsTold()).toEqual(["invoices"]);
    });

    test("whose targets cannot be looked at is told all the same", async () => {
      const { agents, operations } = sources();
      await agents();
      await operations();
      rows = [...rows, targeted("invoices")];
      ports.supervisor.list = () => Promise.reject(new Error("cannot be asked"));
      await operations();
      expect([operationsTold(), agentsTold()]).toEqual([["op-2 running"], []]);
    });
  });

  test("an incident is told when it opens, changes and ends", async () => {
    const [open] = await ports.incidents.open();
    if (open === undefined) throw new Error("the fixture has an incident");
    let now = [open];
    const gone = { ...open, state: "resolved" as const, resolvedAt: 1, revision: open.revision + 2 };
    ports = { ...ports, incidents: { ...ports.incidents, open: async () => now, find: async () => gone } };
    const { incidents } = sources();
    await incidents();
    now = [{ ...open, acknowledgedHow: "by restarting", revision: open.revision + 1 }];
    await incidents();
    now = [];
    await incidents();
    await incidents();
    expect(told.slice(1)).toMatchObject([
      { type: "incident", incident: { id: "inc-3", acknowledgedHow: "by restarting" } },
      { type: "incident", incident: { id: "inc-3", state: "resolved" } },
    ]);
  });
});

describe("the source of logs", () => {
  test("tells how many lines were taken in, by level, and nothing while there are none", async () => {
    let newest = 40;
    const taken = async (after: number) => ({ newest, counts: newest > after ? { info: newest - after } : {} });
    ports = { ...ports, logs: { newest: async () => newest, taken } as never };
    const { logs } = sources();
    await logs();
    await logs();
    newest = 43;
    await logs();
    await logs();
    expect(told).toEqual([
      { type: "gap", topics: ["logs"], reason: "first-look", missed: null },
      { type: "logs", topic: "logs", newest: "43", counts: { info: 3 } },
    ]);
  });

  test("says nothing where no lines are kept", async () => {
    await sources().logs();
    expect(told).toEqual([]);
  });
});

describe("the source of requests for a second person", () => {
  test("tells each when it is asked and when it has ended, once", async () => {
    const { requests } = sources();
    await requests();
    await askedBy("req-of-one", ports);
    await requests();
    await requests();
    const [one] = await ports.requests.list({ limit: 1 });
    const by = { id: "adam", name: "Adam" };
    const audit = {} as never;
    await ports.requests.settle({
      id: one!.id,
      state: "denied",
      hash: one!.hash,
      by,
      door: "slack",
      reason: null,
      audit,
    });
    await requests();
    await requests();
    const states = told.flatMap((draft) =>
      draft.type === "request" ? [`${draft.request.id} ${draft.request.state}`] : [],
    );
    expect([told[0]?.type, ...states]).toEqual(["gap", "req-1 waiting", "req-1 denied"]);
  });
});

const manyEnded = (from: number, count: number): Operation[] =>
  Array.from({ length: count }, (_, index) =>
    operationOf({ id: `op-${from + index}`, state: "ended", ending: "done" }),
  );
