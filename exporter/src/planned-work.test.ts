import { expect, test } from "vitest";
import { workBehind } from "./planned-work.ts";

const at = 1_800_000_000_000;
const known = { work: "restart op-490", at };

test.each<[string, Parameters<typeof workBehind>, string | null]>([
  ["fell silent while it was under way", [{ rung: 0, beatAt: at - 30_000 }, known], known.work],
  ["fell silent just after it", [{ rung: 1, beatAt: at + 60_000 }, known], known.work],
  ["worked on for longer", [{ rung: 0, beatAt: at + 60_001 }, known], null],
  ["is there", [{ rung: 2, beatAt: at }, known], null],
  ["never beat", [{ rung: 0, beatAt: null }, known], null],
  ["was in none", [{ rung: 0, beatAt: at }, undefined], null],
])("an agent that %s", (_, [agent, work], expected) => {
  expect(workBehind(agent, work)).toBe(expected);
});
