import { expect, test } from "vitest";
import { revocationDrill } from "./revocation.ts";

test("who is blocked, or whose token is taken away, looks, changes and follows nothing 2 s later", async () => {
  const ways = ["blocked in PostgreSQL", "blocked in access.yaml", "token taken away"];
  const outcomes = await revocationDrill({ removals: 6, seconds: 1, ways }).run(() => undefined);
  expect(outcomes.filter(({ passed }) => !passed)).toEqual([]);
  expect(outcomes).toHaveLength(14);
}, 120_000);
