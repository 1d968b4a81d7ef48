import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { auditEntry } from "../../domain/audit.ts";
import { createPolicyRules } from "../../policy-rules.ts";
import { createAccessOverrides } from "./access-overrides.ts";
import { createAuditLog } from "./audit-log.ts";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(() => store.pool.query("truncate access_overrides"));

const HOUR = 3_600_000;
const audit = (target: string) =>
  auditEntry({ event: "access", actor: "adam", door: "slack", action: "blocked", targets: [target] });
const audited = (target: string) => createAuditLog(store.pool).search({ target, limit: 10 });
const overrides = () => createAccessOverrides(store.pool);
const block = { person: "olga", reason: "phone lost", by: "adam", until: null };

describe("blocks and lifts", () => {
  test("stand until somebody ends them, and each change is audited with it", async () => {
    const before = (await audited("olga")).length;
    await overrides().block(block, audit("olga"));
    expect(await overrides().open()).toMatchObject({ blocks: [{ ...block, since: expect.any(Number) }], lifts: [] });
    expect(await overrides().end({ kind: "block", person: "olga", by: "adam" }, audit("olga"))).toBe(true);
    expect(await overrides().end({ kind: "block", person: "olga", by: "adam" }, audit("olga"))).toBe(false);
    expect(await overrides().open()).toEqual({ blocks: [], lifts: [] });
    expect(await audited("olga")).toHaveLength(before + 2);
  });

  test("what has run out no longer stands", async () => {
    const lift = { person: "vera", role: "operator" as const, reason: "on call", by: "adam" };
    await overrides().lift({ ...lift, until: Date.now() + HOUR }, audit("vera"));
    expect((await overrides().open()).lifts).toMatchObject([{ person: "vera", role: "operator" }]);
    await store.pool.query("update access_overrides set until_at = clock_timestamp() - interval '1 ms'");
    expect((await overrides().open()).lifts).toEqual([]);
  });

  test("a later one takes the place of an earlier one, also when ten come at once", async () => {
    const reasons = Array.from({ length: 10 }, (_, index) => `reason ${index}`);
    await Promise.all(reasons.map((reason) => overrides().block({ ...block, reason }, audit("olga"))));
    expect((await overrides().open()).blocks).toHaveLength(1);
  });

  test("a block that cannot be audited is not made", async () => {
    const broken = { ...audit("olga"), actor: "" };
    await expect(overrides().block(block, broken)).rejects.toThrow();
    expect((await overrides().open()).blocks).toEqual([]);
  });
});

describe("the rules in force", () => {
  test("know a block within two seconds, and say before the first look that they do not know", async () => {
    const onProblem = vi.fn();
    const standing = () => ({ scopes: [], blocks: [] });
    const clock = { now: Date.now };
    const rules = createPolicyRules({ standing, overrides: overrides(), clock, onProblem });
    try {
      expect(rules.current().readAt).toBeNull();
      rules.watch();
      await overrides().block(block, audit("olga"));
      await vi.waitFor(() => expect(rules.current().blocks).toMatchObject([{ person: "olga" }]), { timeout: 15_000 });
      expect(rules.current().readAt).not.toBeNull();
      expect(onProblem).not.toHaveBeenCalled();
    } finally {
      rules.close();
    }
  });

  test("keep what they know while PostgreSQL is away, and say so once", async () => {
    const onProblem = vi.fn();
    let rounds = 0;
    const open = async () => {
      rounds += 1;
      if (rounds > 1) throw new Error("away");
      return { blocks: [{ ...block, since: 1 }], lifts: [] };
    };
    const standing = () => ({ scopes: [], blocks: [] });
    const rules = createPolicyRules({
      standing,
      overrides: { open },
      clock: { now: () => 7 },
      onProblem,
      refreshMs: 1,
    });
    rules.watch();
    await vi.waitFor(() => expect(rounds).toBeGreaterThan(4));
    rules.close();
    expect(rules.current()).toMatchObject({ blocks: [{ person: "olga" }], readAt: 7 });
    expect(onProblem).toHaveBeenCalledTimes(1);
  });

  test("their version changes with the standing rules, not with blocks", async () => {
    const scope = { id: "a", who: ["olga"], commands: ["*"], agents: null };
    const versionOf = (scopes: (typeof scope)[], blocks: (typeof block & { since: null })[] = []) =>
      createPolicyRules({
        ...{
          standing: () => ({ scopes, blocks }),
          overrides: overrides(),
          clock: { now: Date.now },
          onProblem: vi.fn(),
        },
      }).current().version;
    expect(versionOf([], [{ ...block, since: null }])).toBe(versionOf([]));
    expect(versionOf([scope])).not.toBe(versionOf([]));
    expect(versionOf([{ ...scope, commands: ["stop"] }])).not.toBe(versionOf([scope]));
  });
});
