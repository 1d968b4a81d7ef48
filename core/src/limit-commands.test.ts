import { describe, expect, test } from "vitest";
import { Failure } from "./domain/failure.ts";
import { LIMITS, type LimitTable, readLimits } from "./domain/limits.ts";
import { limitCommands } from "./limit-commands.ts";
import type { LimitedUse, UsedUp } from "./ports/limit-store.ts";

const FREE_AT = Date.UTC(2026, 10, 21, 2, 41, 30);
const request = {
  actor: { id: "anna", person: true },
  door: "slack" as const,
  input: {},
  idempotencyKey: "slack:1",
};
const restart = { name: "restart", kind: "act" as const };
const status = { name: "status", kind: "read" as const };

function stageOf(answer: () => Promise<UsedUp | null>, table: LimitTable = LIMITS) {
  const uses: (LimitedUse & { store: string })[] = [];
  const refused: object[] = [];
  let uncounted = 0;
  const storeOf = (store: string) => ({
    take(use: LimitedUse) {
      uses.push({ ...use, store });
      return answer();
    },
  });
  const limits = limitCommands({
    table,
    acts: storeOf("acts"),
    reads: storeOf("reads"),
    onRefused: (one) => void refused.push(one),
    onUncounted: () => {
      uncounted += 1;
    },
  });
  const names = () => uses.flatMap(({ store, limits: taken }) => taken.map(({ name }) => `${store}: ${name}`));
  return { limits, uses, refused, names, uncounted: () => uncounted };
}
const free = async () => null;

describe("the limits of commands", () => {
  test.each([
    [restart, {}, ["acts: acts", "acts: acts-hour"]],
    [{ name: "ack", kind: "act" as const }, {}, ["acts: acknowledgements"]],
    [{ name: "approve", kind: "act" as const }, {}, ["acts: approvals"]],
    [status, {}, ["reads: reads"]],
    [{ name: "roll-call", kind: "read" as const }, { who: ["billing"] }, ["reads: roll-calls"]],
    [{ name: "roll-call", kind: "read" as const }, { who: [] }, ["reads: roll-call-fleet", "reads: roll-calls"]],
    [{ name: "roll-call", kind: "read" as const }, { who: ["all"] }, ["reads: roll-call-fleet", "reads: roll-calls"]],
    [{ name: "roll-call", kind: "read" as const }, null, ["reads: roll-call-fleet", "reads: roll-calls"]],
  ])("%j with %j is counted under %j", async (command, input, expected) => {
    const stage = stageOf(free);
    await stage.limits.admit({ ...request, input }, command);
    expect(stage.names()).toEqual(expected);
  });

  test("count a person by any door, and schedules and alerts not at all", async () => {
    const stage = stageOf(free);
    await stage.limits.admit(request, restart);
    await stage.limits.admit({ ...request, door: "terminal" }, restart);
    await stage.limits.admit({ ...request, actor: { id: "schedule:nightly", person: false } }, restart);
    expect(stage.uses.map(({ principal }) => principal)).toEqual(["person:anna", "person:anna"]);
  });

  test("count changes of many agents apart", async () => {
    const stage = stageOf(free);
    await stage.limits.admitBulk(request, 3);
    expect(stage.names()).toEqual([]);
    await stage.limits.admitBulk(request, 4);
    expect(stage.names()).toEqual(["acts: bulk"]);
  });

  test("one that is used up is a refusal that says how many there may be and when the next one is free", async () => {
    const stage = stageOf(async () => ({ name: "acts", freeAt: FREE_AT }));
    const refusal = await stage.limits.admit(request, restart).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: "too_many_requests",
      message: `there may be 10 changes by one person in a minute; next at {{time:${FREE_AT}}}`,
      detail: { rule: "limit-acts", retryAt: FREE_AT },
    });
    expect(stage.refused).toEqual([{ limit: "acts", door: "slack", actor: "anna" }]);
  });

  test("an act that cannot be counted is refused; a read is let in, and told", async () => {
    const stage = stageOf(() => Promise.reject(new Failure("unavailable", "away")));
    await expect(stage.limits.admit(request, restart)).rejects.toMatchObject({ code: "unavailable" });
    expect(stage.uncounted()).toBe(0);
    await stage.limits.admit(request, status);
    expect(stage.uncounted()).toBe(1);
  });

  test("one that is off is not counted", async () => {
    const table = readLimits("acts=off,acts-hour=off");
    const stage = stageOf(free, table as LimitTable);
    await stage.limits.admit(request, restart);
    expect(stage.uses).toEqual([]);
  });
});
