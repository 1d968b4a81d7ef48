import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type CommandDefinition, defineCommand } from "./command.ts";
import { parseCommandWords } from "./command-words.ts";

const report = { headline: "", context: null, lines: [], fields: [], actions: [], sameAs: null, data: null };
function look(name: string, words: readonly string[], input: z.ZodObject): CommandDefinition {
  return defineCommand({
    ...{ name, aliases: [], kind: "read", summary: "Look", role: "viewer", danger: 0, input, words, examples: [name] },
    run: async () => report,
  });
}
function act(name: string, words: readonly string[], input: z.ZodObject): CommandDefinition {
  return defineCommand({
    ...{ name, aliases: [], kind: "act", summary: "Act", role: "operator", danger: 1, input, words, examples: [name] },
    targets: async () => [],
    stages: [],
  });
}

const who = z.array(z.string()).default([]);
const duration = z.string().regex(/^\d+[mhd]$/);
const commands = [
  { ...look("status", ["who"], z.strictObject({ who })), aliases: ["st"] },
  { ...look("roll-call", ["who"], z.strictObject({ who })), aliases: ["rc"] },
  look("bus", [], z.strictObject({})),
  look("bus-trace", ["topic"], z.strictObject({ topic: z.string() })),
  look(
    "agents",
    ["who"],
    z.strictObject({ who, page: z.number().int().min(1).default(1), onlySick: z.boolean().default(false) }),
  ),
  look("agent", ["id"], z.strictObject({ id: z.string() })),
  look("logs", ["id", "text"], z.strictObject({ id: z.string(), text: z.string().default("") })),
  act("restart", ["who"], z.strictObject({ who })),
  act("start", ["who"], z.strictObject({ who })),
  act("pause", ["who", "for"], z.strictObject({ who, for: duration.optional() })),
  act("silence", ["who", "for", "text"], z.strictObject({ who, for: duration, text: z.string() })),
  act("scale", ["id", "copies"], z.strictObject({ id: z.string(), copies: z.number().int() })),
];

function read(text: string) {
  const { command, input, flags } = parseCommandWords(text, commands);
  return { command: command.name, input, help: flags.help, reason: flags.reason };
}

describe("parseCommandWords", () => {
  test.each([
    ["", "status", { who: [] }],
    ["   ", "status", { who: [] }],
    ["st", "status", { who: [] }],
    ["roll-call", "roll-call", { who: [] }],
    ["roll call @orders", "roll-call", { who: ["@orders"] }],
    ["Roll Call", "roll-call", { who: [] }],
    ["bus", "bus", {}],
    ["bus trace orders.received", "bus-trace", { topic: "orders.received" }],
    ["restart billing invoices", "restart", { who: ["billing", "invoices"] }],
    ["restart @content health=critical !billing", "restart", { who: ["@content", "health=critical", "!billing"] }],
    ["agents --page 2 owner=payments", "agents", { who: ["owner=payments"], page: 2, onlySick: false }],
    ["agents --page=3 --only-sick billing", "agents", { who: ["billing"], page: 3, onlySick: true }],
    ["logs billing no such key", "logs", { id: "billing", text: "no such key" }],
    ['logs billing "two  spaces"', "logs", { id: "billing", text: "two  spaces" }],
    ['logs billing "--page"', "logs", { id: "billing", text: "--page" }],
    ["logs billing don't", "logs", { id: "billing", text: "don't" }],
    ["pause billing invoices 2h", "pause", { who: ["billing", "invoices"], for: "2h" }],
    ["pause billing", "pause", { who: ["billing"] }],
    ["silence crm-chat 1h they know", "silence", { who: ["crm-chat"], for: "1h", text: "they know" }],
    ["scale crm-chat 3", "scale", { id: "crm-chat", copies: 3 }],
  ])("reads `%s`", (text, command, input) => {
    expect(read(text)).toMatchObject({ command, input });
  });

  test.each([
    ['restart billing --reason "it hangs"', "it hangs"],
    ["restart billing --reason=hangs", "hangs"],
    ['restart --reason="it hangs" billing', "it hangs"],
    ["restart billing —reason “it hangs”", "it hangs"],
    ["restart billing", null],
  ])("takes the reason of `%s`", (text, reason) => {
    expect(read(text)).toEqual({ command: "restart", input: { who: ["billing"] }, help: false, reason });
  });

  test.each([
    ['restart billing --force --reason "it hangs"', true],
    ['restart --force billing --reason "it hangs"', true],
    ["restart billing", false],
  ])("takes --force of `%s` for what it is", (text, force) => {
    expect(parseCommandWords(text, commands)).toMatchObject({ input: { who: ["billing"] }, flags: { force } });
  });

  test("knows no --force where nothing is changed", () => {
    expect(() => read("agent billing --force")).toThrow("agent has no flag --force; it has --help.");
  });

  test("asks for help without checking the rest", () => {
    expect(read("agent --help")).toEqual({ command: "agent", input: {}, help: true, reason: null });
  });

  test.each([
    ["restrat billing", 'No command "restrat". Nearest: restart, start'],
    ["zzzzzz", 'No command "zzzzzz". `help` lists them.'],
    ["__proto__", 'No command "__proto__".'],
    ['"" billing', 'No command "". `help` lists them.'],
    [
      "restart billing --fast",
      "restart has no flag --fast; it has --dry-run, --force, --reason, --help. Nothing was done.",
    ],
    ["agents --fast", "agents has no flag --fast; it has --page, --only-sick, --help."],
    ["agents --constructor x", "agents has no flag --constructor;"],
    ["agents --page", "--page needs a value."],
    ["agents --page two", '--page: found "two", allowed: number.'],
    ["agents --page 0", "--page: found 0, allowed: at least 1."],
    ["agents --only-sick=maybe", '--only-sick: found "maybe", allowed: boolean.'],
    ["restart billing --reason a --reason b", "--reason is given twice. Nothing was done."],
    [`restart billing --reason ${"x".repeat(201)}`, "allowed: at most 200. Nothing was done."],
    ['restart billing --reason "it', "A quote is not closed. Nothing was done."],
    ["agent billing invoices", 'agent takes id; "invoices" is too much.'],
    ["bus now", 'bus takes no words; "now" is too much.'],
    ["agent", "id is missing"],
    ["scale crm-chat many", 'copies is "many"'],
    ["x".repeat(3001), "That is longer than 3000 characters."],
  ])("refuses `%s`", (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});
