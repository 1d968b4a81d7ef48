import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { LogStore } from "../../ports/log-store.ts";
import { createLogStore } from "./log-store.ts";
import type { Pool } from "./pool.ts";

let store: TestStore;
/** As if there were very many lines. */
let slow: LogStore;
beforeAll(async () => {
  store = await openTestStore();
  const line = { source: "billing", kind: "agent", at: Date.now(), level: "info", text: "one" } as const;
  const lines = [{ ...line, trace: null, run: null, operation: null, fields: {} }];
  await createLogStore(store.pool).keep({ source: "test", before: null, after: "1", lines });
  await store.pool.query(
    "create function slow() returns boolean language sql volatile as 'select pg_sleep(9) is null'",
  );
  slow = createLogStore(slowed(store.pool));
});
afterAll(() => store.close());

describe("a search", () => {
  test("that takes too long ends with advice, and the connection goes on", async () => {
    const ended = await Promise.allSettled([{ pattern: "a" }, {}].map((filter) => slow.search(filter, { limit: 1 })));
    expect(ended).toMatchObject([
      { reason: { code: "invalid_input", detail: { next: expect.stringContaining("shorter time") } } },
      { reason: { code: "unavailable" } },
    ]);
    expect(await createLogStore(store.pool).search({}, { limit: 1 })).toHaveLength(1);
  });

  test("leaves connections to others, however many search at once", async () => {
    const searches = Array.from({ length: 20 }, () => slow.search({}, { limit: 1 }).catch(() => []));
    const busy = async () => {
      const { rows } = await store.pool.query(
        "select count(*)::int as busy from pg_stat_activity where query like 'select%slow()%' and pid <> pg_backend_pid()",
      );
      return rows[0]?.busy as number;
    };
    await vi.waitFor(async () => expect(await busy()).toBeGreaterThanOrEqual(6), { timeout: 5000, interval: 20 });
    expect([await busy(), await createLogStore(store.pool).newest()]).toEqual([6, 1]);
    // Those that wait need not wait on.
    await store.pool.query("create or replace function slow() returns boolean language sql volatile as 'select false'");
    await Promise.all(searches);
  });
});

/** Each search waits first; as if there were very many lines. */
function slowed(pool: Pool): Pool {
  const slow = (text: unknown) =>
    typeof text === "object" && text !== null && "text" in text
      ? { ...text, text: String(text.text).replace(" where ", " where not slow() and ") }
      : text;
  return new Proxy(pool, {
    get(target, name) {
      if (name !== "connect") return Reflect.get(target, name, target);
      return async () => {
        const client = await target.connect();
        return new Proxy(client, {
          get: (inner, key) => {
            if (key !== "query") {
              const value = Reflect.get(inner, key, inner);
              return typeof value === "function" ? value.bind(inner) : value;
            }
            return (text: unknown, ...rest: unknown[]) => Reflect.apply(inner.query, inner, [slow(text), ...rest]);
          },
        });
      };
    },
  });
}
