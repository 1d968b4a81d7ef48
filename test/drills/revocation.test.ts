import { expect, test } from "vitest";
import { revocationDrill } from "./revocation.ts";

test("who is blocked, or whose token is taken away, soon looks, changes and follows nothing", async () => {
  const ways = ["blocked in PostgreSQL", "blocked in access.yaml", "token taken away"];
  // The drill itself demands 2 s; here other tests have the machine too, and without its defence each would last until
  // the directory is read again.
  const outcomes = await revocationDrill({ removals: 6, seconds: 1, ways, allowance: 8 }).run(() => undefined);
  expect(outcomes.filter(({ passed }) => !passed)).toEqual([]);
  expect(outcomes).toHaveLength(14);
}, 120_000);
