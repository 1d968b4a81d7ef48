import { describe, expect, test } from "vitest";
import { type BatchQuestion, batchesOf, batchSize, groupsBelow, type Member } from "./batches.ts";

const member = (id: string, facts: Partial<Member> = {}): Member => ({
  ...{ id, group: "content", parent: null, criticality: "P2", isWorking: true },
  ...facts,
});

const many = (count: number, facts: Partial<Member> = {}): Member[] =>
  Array.from({ length: count }, (_, index) => member(`${facts.group ?? "content"}-${index}`, facts));

const ids = (members: readonly Member[]): string[] => members.map(({ id }) => id);

/** As the sample fleet: 22 agents, ten of them content with an orchestrator above six. */
const sample: Member[] = [
  member("content-orchestrator", { criticality: "P1" }),
  ...many(6, { parent: "content-orchestrator" }),
  ...["guardian", "reviser", "tracker"].map((id) => member(id)),
  ...many(8, { group: "orders" }),
  ...many(4, { group: "platform" }),
];

describe("batchesOf", () => {
  test("ten agents of 22 are four batches of at most three, the orchestrator alone in the last", () => {
    const targets = ids(sample.filter(({ group }) => group === "content"));
    const batches = batchesOf({ targets, fleet: sample });
    expect(batches.map((batch) => batch.length)).toEqual([3, 3, 3, 1]);
    expect(batches.at(-1)).toEqual(["content-orchestrator"]);
  });

  test.each([
    [1, 1],
    [4, 1],
    [9, 1],
    [10, 2],
    [15, 3],
    [22, 3],
    [10_000, 3],
  ])("of a fleet of %d at most %d are worked on side by side", (fleetSize, size) => {
    expect(batchSize(fleetSize)).toBe(size);
  });

  test("a parent comes after its children, and its own parent after it", () => {
    const fleet = [member("top"), member("middle", { parent: "top" }), member("leaf", { parent: "middle" })];
    expect(batchesOf({ targets: ["top", "leaf", "middle"], fleet })).toEqual([["leaf"], ["middle"], ["top"]]);
  });

  test("who has others under it comes last even if none of them is a target", () => {
    const fleet = [member("boss"), member("clerk", { parent: "boss" }), ...many(20)];
    expect(batchesOf({ targets: ["boss", "content-0"], fleet })).toEqual([["content-0"], ["boss"]]);
  });

  test("not more of a group at once than it can do without", () => {
    const fleet = [...many(4, { group: "platform" }), ...many(18)];
    const batches = batchesOf({ targets: ids(many(4, { group: "platform" })), fleet });
    expect(batches.map((batch) => batch.length)).toEqual([2, 2]);
  });

  test("the minimum of the fleet's own file counts, not half of the group", () => {
    const fleet = [...many(4, { group: "platform" }), ...many(18)];
    const question = { targets: ids(many(4, { group: "platform" })), fleet, minimums: { platform: 3 } };
    expect(batchesOf(question).map((batch) => batch.length)).toEqual([1, 1, 1, 1]);
  });

  test("a sick agent takes no capacity away, and comes first", () => {
    const sick = [member("a", { group: "small", isWorking: false }), member("b", { group: "small", isWorking: false })];
    const fleet = [member("c", { group: "small" }), ...sick, ...many(19)];
    expect(batchesOf({ targets: ["c", "a", "b"], fleet })).toEqual([["a", "b", "c"]]);
  });

  test("what matters least comes first", () => {
    const fleet = [member("pay", { criticality: "P0" }), member("count", { criticality: "P3" }), ...many(8)];
    expect(batchesOf({ targets: ["pay", "count"], fleet })).toEqual([["count", "pay"]]);
  });

  test("a circle of parents has an end", () => {
    const fleet = [member("a", { parent: "b" }), member("b", { parent: "a" })];
    expect(
      batchesOf({ targets: ["a", "b"], fleet })
        .flat()
        .toSorted(),
    ).toEqual(["a", "b"]);
  });

  test("whatever the fleet, every target is in one batch, none is too large, and only single agents take a group too low", () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    for (let round = 0; round < 500; round += 1) {
      const fleet = Array.from({ length: 1 + random(40) }, (_, index) =>
        member(`m${index}`, {
          group: `g${random(4)}`,
          parent: index > 0 && random(2) === 0 ? `m${random(index)}` : null,
          isWorking: random(4) > 0,
        }),
      );
      expect(faultOf({ targets: ids(fleet.filter(() => random(2) === 0)), fleet })).toBeNull();
    }
  });
});

function faultOf(question: BatchQuestion): string | null {
  const batches = batchesOf(question);
  if (batches.flat().toSorted().join() !== [...question.targets].toSorted().join()) return "not every target once";
  const tooLarge = batches.find((batch) => batch.length === 0 || batch.length > batchSize(question.fleet.length));
  if (tooLarge !== undefined) return `a batch of ${tooLarge.length}`;
  const groupOf = new Map(question.fleet.map(({ id, group }) => [id, group]));
  const working = new Set(question.fleet.filter(({ isWorking }) => isWorking).map(({ id }) => id));
  for (const batch of batches)
    for (const low of groupsBelow(batch, question))
      if (batch.filter((id) => groupOf.get(id) === low && working.has(id)).length > 1) return `${low} too low`;
  return null;
}

describe("groupsBelow", () => {
  test("names the group that its only working agent would leave below its minimum", () => {
    const fleet = [member("a", { group: "small" }), member("b", { group: "small", isWorking: false })];
    expect(groupsBelow(["a"], { fleet })).toEqual(["small"]);
  });

  test("a sick agent leaves nobody below", () => {
    const fleet = [member("a", { group: "small" }), member("b", { group: "small", isWorking: false })];
    expect(groupsBelow(["b"], { fleet })).toEqual([]);
  });

  test("a group of one may be restarted", () => {
    expect(groupsBelow(["only"], { fleet: [member("only", { group: "one" })] })).toEqual([]);
  });
});
