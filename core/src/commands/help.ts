import { z } from "zod";
import { type CommandDefinition, defineCommand, type ReadContext } from "../command.ts";
import { commandNamed, refuseUnknownCommand } from "../command-words.ts";
import type { Report } from "../domain/report.ts";
import { lookAction } from "../fleet-report.ts";
import { openTo } from "../open-commands.ts";

const input = z.strictObject({ text: z.string().max(100).default("").describe("Name of a command") });

export default defineCommand({
  name: "help",
  aliases: [],
  kind: "read",
  summary: "Say what you may do, or how one command is written",
  role: null,
  danger: 0,
  input,
  words: ["text"],
  examples: ["help", "help restart"],
  async run(raw, context) {
    const { text } = input.parse(raw);
    const mine = openTo(context);
    if (text.trim() === "") return overview(mine, context);
    const name = text.trim().toLowerCase().replaceAll(/\s+/g, "-");
    const command = commandNamed(name, mine) ?? refuseUnknownCommand(name, mine);
    return { ...describe(command), data: dataOf(command) };
  },
});

function overview(mine: readonly CommandDefinition[], { actor }: ReadContext): Report & { data: unknown } {
  const sorted = mine.toSorted((a, b) => a.name.localeCompare(b.name));
  const group = (kind: CommandDefinition["kind"]): string[] =>
    sorted.filter((command) => command.kind === kind).map((command) => `\`${usageOf(command)}\` ${command.summary}`);
  return {
    headline: "*What you may do*",
    context: `You are ${actor.role ?? "nobody here"}, from ${actor.source} · WHO is an id, content-*, @group, label=value, !id or all`,
    lines: [...group("read"), ...group("act")],
    fields: [],
    actions: [lookAction("Status", "status", {})],
    sameAs: "same as /fleet help",
    data: { commands: sorted.map(dataOf) },
  };
}

function describe(command: CommandDefinition): Report {
  const aliases = command.aliases.length === 0 ? [] : [`Also: ${command.aliases.join(", ")}`];
  return {
    headline: `*${usageOf(command)}*`,
    context: command.role === null ? "for everybody" : `needs ${command.role}`,
    lines: [command.summary, ...aliases, ...command.examples.map((example) => `\`/fleet ${example}\``)],
    fields: [],
    actions: [],
    sameAs: `same as /fleet help ${command.name}`,
  };
}

/** `restart WHO`, `drill FAULT ID`, `status [WHO]` */
function usageOf({ name, words, kind, input: fields }: CommandDefinition): string {
  const shown = words.map((word) => {
    const isOptional = kind === "read" && (fields.shape[word] as z.ZodType).safeParse(undefined).success;
    return isOptional ? `[${word.toUpperCase()}]` : word.toUpperCase();
  });
  return [name, ...shown].join(" ");
}

const dataOf = ({ name, aliases, kind, summary, role, danger, examples }: CommandDefinition) => ({
  ...{ name, aliases, kind, summary, role, danger, examples },
});
