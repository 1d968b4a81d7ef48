import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { CommandDefinition } from "./command.ts";
import { loadCommands } from "./load-commands.ts";
import { typedWords } from "./typed-words.ts";

const commands = await loadCommands();
const named = (name: string): CommandDefinition =>
  commands.find((command) => command.name === name) as CommandDefinition;
const typed = (name: string, input: unknown, { force = false, reason = null as string | null } = {}) =>
  typedWords(named(name), { input: named(name).input.parse(input), force, reason });

describe("what would have been typed", () => {
  test.each<[string, string, unknown, Parameters<typeof typed>[2]?]>([
    ["restart billing", "restart", { who: ["billing"] }],
    ["restart @orders !billing health=critical", "restart", { who: ["@orders", "!billing", "health=critical"] }],
    ["restart all --budget 2", "restart", { who: ["all"], budget: 2 }],
    ["pause billing 2h", "pause", { who: ["billing"], time: "2h" }],
    ["ack inc-7", "ack", { alert: "inc-7" }],
    ["maintenance end mw-3", "maintenance-end", { window: "mw-3" }],
    ["drill hang order-validator", "drill", { fault: "hang", id: "order-validator" }],
    [
      'restart billing --force --reason "cannot read key.pem"',
      "restart",
      { who: ["billing"] },
      { force: true, reason: "cannot read key.pem" },
    ],
  ])("%s", (words, ...wish) => {
    expect(typed(...wish)).toBe(words);
  });

  test("is nothing where words cannot mean just this", () => {
    expect(typed("restart", { who: ["billing"] }, { reason: 'the "new" key' })).toBeNull();
    expect(typed("restart", { who: ["billing"] }, { reason: "x".repeat(200) })).not.toBeNull();
    expect(typed("restart", { who: Array.from({ length: 60 }, (_, index) => `agent-${index}`) })).toBeNull();
  });

  test("keeps apart what would be read as another field, a flag or two words", () => {
    const odd: CommandDefinition = {
      ...named("restart"),
      input: z.strictObject({
        who: z.array(z.string()),
        note: z.string().optional(),
        deep: z.boolean().default(false),
      }),
      words: ["who"],
    };
    const of = (input: Record<string, unknown>) => typedWords(odd, { input, force: false, reason: null });
    expect(of({ who: ["--force", "two words"], deep: false })).toBe('restart "--force" "two words"');
    expect(of({ who: ["a"], note: "--x", deep: true })).toBe('restart a --note "--x" --deep');
    expect(of({ who: ["a"], note: { x: 1 }, deep: false })).toBeNull();
    expect(of({ who: [""], deep: false })).toBe('restart ""');
  });
});
