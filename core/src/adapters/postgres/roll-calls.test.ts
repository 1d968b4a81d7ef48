import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { lookAt } from "../../command-fixture.ts";
import { Failure } from "../../domain/failure.ts";
import { FakeFleet } from "../../fleet-fixture.ts";
import type { RollCalls } from "../../ports/roll-calls.ts";
import { createRollCalls } from "./roll-calls.ts";

let store: TestStore;
let rollCalls: RollCalls;
beforeAll(async () => {
  store = await openTestStore();
  rollCalls = createRollCalls(store.pool);
});
afterAll(() => store.close());

let fleet: FakeFleet;
beforeEach(async () => {
  await store.pool.query("truncate roll_calls restart identity");
  fleet = new FakeFleet("billing", "invoices");
  Object.assign(fleet.ports, { rollCalls });
});

const call = (who: string[] = []) => lookAt(fleet, { name: "roll-call", input: { who } });
const history = (id?: string) => lookAt(fleet, { name: "roll-call-history", input: id === undefined ? {} : { id } });

describe("a roll call", () => {
  test("says who has changed since the last one of the same words", async () => {
    await call();
    fleet.kill("billing");
    const { lines, data } = await call(["all"]);
    expect(lines).toContain("Since rc-1, T0: billing gone, was working");
    expect(data).toMatchObject({ rollCall: "rc-2", before: "rc-1" });
  });

  test("is not compared with one of other words", async () => {
    await call(["invoices"]);
    expect((await call()).data).toMatchObject({ rollCall: "rc-2", before: null });
  });

  test("is answered though nothing can be kept", async () => {
    const away = () => Promise.reject(new Failure("unavailable", "PostgreSQL does not answer"));
    Object.assign(fleet.ports, { rollCalls: { ...rollCalls, keep: away } });
    const { headline, data } = await call();
    expect(headline).toContain("2 of 2 work");
    expect(data).toMatchObject({ rollCall: null });
  });

  test("does not wait for a PostgreSQL that takes its time", async () => {
    Object.assign(fleet.ports, { rollCalls: { ...rollCalls, keep: () => new Promise(() => undefined) } });
    expect((await call()).data).toMatchObject({ rollCall: null });
  });
});

describe("roll-call history", () => {
  test("lists the newest first, each with who has changed since the one before", async () => {
    await call();
    fleet.kill("billing");
    await call();
    const { headline, lines } = await history();
    expect(headline).toBe("*2 roll calls*, newest first");
    expect(lines[0]).toMatch(/^rc-2 T0 roll-call: 1 of 2 work, .* — billing gone, was working$/);
    expect(lines[1]).toMatch(/^rc-1 T0 roll-call: 2 of 2 work, \d+\.\d s, by Operator on call at slack$/);
  });

  test("shows one with everybody who did not work", async () => {
    await call();
    fleet.kill("billing");
    await call();
    const { headline, lines } = await history("2");
    expect(headline).toBe("*rc-2* 1 of 2 worked");
    expect(lines).toEqual(["Since rc-1, T0: billing gone, was working", "billing gone"]);
  });

  test("of one that there is not says what to type", async () => {
    await expect(history("rc-9")).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining("roll-call history"),
    });
  });

  test("says that there was none yet", async () => {
    expect((await history()).headline).toContain("No roll call yet");
  });
});

describe("kept roll calls", () => {
  test("are the newest 500", async () => {
    await store.pool.query(
      `insert into roll_calls (taken_at, took_ms, who, called_by, door, verdicts)
       select now(), 1, '', 'Olga', 'slack', '{}' from generate_series(1, 500)`,
    );
    await call();
    const { rows } = await store.pool.query("select count(*)::int as kept, min(id)::int as oldest from roll_calls");
    expect(rows).toEqual([{ kept: 500, oldest: 2 }]);
  });
});
