import { z } from "zod";
import type { CommandDefinition } from "./command.ts";
import { describeIssue, unwrapped } from "./describe-issue.ts";
import { Failure } from "./domain/failure.ts";
import { nearest, plain } from "./fleet-words.ts";
import { parseInput } from "./parse-input.ts";
import { splitWords, type Word } from "./split-words.ts";

/** What a person typed, as a command with its input. */
export interface ParsedCommand {
  readonly command: CommandDefinition;
  /** Checked against the command's input; the command path checks it again. */
  readonly input: Record<string, unknown>;
  readonly flags: {
    /** `--help`: say what the command does, and do not run it. The input is empty then. */
    readonly help: boolean;
    readonly reason: string | null;
    /** Past the graceful order over the bus. */
    readonly force: boolean;
    /** Only the plan: what it would do. */
    readonly dryRun: boolean;
  };
}

const BARE = "status";
const MAX_TEXT = 3000;
const MAX_REASON = 200;
/** Flags of everything that changes something. */
const ACT_FLAGS: readonly (readonly [string, z.ZodType])[] = [
  ["dry-run", z.boolean()],
  ["force", z.boolean()],
  ["reason", z.string().max(MAX_REASON)],
];

/**
 * Reads a command as people type it after `/fleet`. Space and hyphen in a command's name are equal; nothing means `status`.
 * Every field of the input that is not among the command's words is a flag.
 * @throws Failure "unknown_command", "invalid_input" with what is allowed
 */
export function parseCommandWords(text: string, commands: readonly CommandDefinition[]): ParsedCommand {
  if (text.length > MAX_TEXT) throw new Failure("invalid_input", `That is longer than ${MAX_TEXT} characters.`);
  const typed = splitWords(text);
  const words = typed.length === 0 ? [{ text: BARE, isQuoted: false }] : typed;
  const { command, length } = findCommand(words, commands);
  const { plainWords, flags } = readFlags(command, words.slice(length));
  const { help, reason, force, dryRun, ...fields } = flags;
  if (help === true) return { command, input: {}, flags: { help: true, reason: null, force: false, dryRun: false } };
  const input = parseInput(command, { ...assignWords(command, plainWords), ...fields });
  const why = typeof reason === "string" ? reason : null;
  return { command, input, flags: { help: false, reason: why, force: force === true, dryRun: dryRun === true } };
}

/** A command by name or alias. @returns null if there is none */
export const commandNamed = (name: string, commands: readonly CommandDefinition[]): CommandDefinition | null =>
  commands.find((command) => command.name === name || command.aliases.includes(name)) ?? null;

/** @throws Failure "unknown_command" with the nearest names */
export function refuseUnknownCommand(name: string, commands: readonly CommandDefinition[]): never {
  const near = nearest(
    name,
    commands.map((command) => command.name),
  );
  const hint = near.length === 0 ? "`help` lists them." : `Nearest: ${near.join(", ")}.`;
  const found = name.slice(0, 60);
  throw new Failure("unknown_command", `No command "${plain(found)}". ${hint}`, { found, allowed: near });
}

const refusal = (command: CommandDefinition, message: string, allowed: readonly string[] = []): Failure =>
  new Failure("invalid_input", command.kind === "act" ? `${message} Nothing was done.` : message, { allowed });

/** The longest run of words that is a name: `bus trace x` is `bus-trace` and not `bus`. */
function findCommand(words: readonly Word[], commands: readonly CommandDefinition[]) {
  const longest = Math.min(4, words.length);
  for (let length = longest; length > 0; length--) {
    const name = words
      .slice(0, length)
      .map((word) => word.text.toLowerCase())
      .join("-");
    const command = commandNamed(name, commands);
    if (command !== null) return { command, length };
  }
  return refuseUnknownCommand((words[0]?.text ?? "").toLowerCase(), commands);
}

type Fields = Record<string, unknown>;

function flagFields(command: CommandDefinition): Map<string, z.ZodType> {
  const fields = Object.entries(command.input.shape)
    .filter(([name]) => !command.words.includes(name))
    .map(([name, schema]) => [kebab(name), schema as z.ZodType] as const);
  return new Map<string, z.ZodType>([...fields, ...(command.kind === "act" ? ACT_FLAGS : []), ["help", z.boolean()]]);
}

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const camel = (name: string): string => name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

function readFlags(command: CommandDefinition, words: readonly Word[]) {
  const known = flagFields(command);
  const flags = new Map<string, unknown>();
  const plainWords: Word[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as Word;
    const flag = flagIn(word);
    if (flag === null) {
      plainWords.push(word);
      continue;
    }
    if (flags.has(flag.name)) throw refusal(command, `--${flag.name} is given twice.`);
    const schema = known.get(flag.name) ?? refuseFlag(command, flag.name, [...known.keys()]);
    const takesNext = flag.value === null && !(unwrapped(schema) instanceof z.ZodBoolean);
    if (takesNext) index++;
    const value = takesNext ? words[index]?.text : (flag.value ?? true);
    flags.set(flag.name, checkFlag(command, { name: flag.name, value, schema }));
  }
  // From entries, not by assignment: a flag may be called anything.
  return { plainWords, flags: Object.fromEntries([...flags].map(([name, value]) => [camel(name), value])) as Fields };
}

function flagIn({ text, isQuoted }: Word): { name: string; value: string | null } | null {
  const found = isQuoted ? null : /^--([^=]*)(?:=(.*))?$/s.exec(text);
  return found === null ? null : { name: (found[1] ?? "").toLowerCase(), value: found[2] ?? null };
}

function refuseFlag(command: CommandDefinition, name: string, known: readonly string[]): never {
  const allowed = known.map((flag) => `--${flag}`);
  throw refusal(command, `${command.name} has no flag --${plain(name)}; it has ${allowed.join(", ")}.`, allowed);
}

function checkFlag(command: CommandDefinition, flag: { name: string; value: unknown; schema: z.ZodType }): unknown {
  if (flag.value === undefined || flag.value === "") throw refusal(command, `--${flag.name} needs a value.`);
  const value = flag.value === true ? true : fieldValue(String(flag.value), flag.schema);
  const result = flag.schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw refusal(command, `--${flag.name}: ${issue === undefined ? "not allowed" : describeIssue(issue, flag.schema)}.`);
}

/** Text as the field wants it: a number where it takes one. */
function fieldValue(text: string, schema: z.ZodType): unknown {
  return unwrapped(schema) instanceof z.ZodNumber && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/**
 * Gives words to fields in the order of `command.words`: `text` takes the rest, a list takes words until the field behind
 * it accepts one, any other field takes one, or two that only together are what it takes.
 */
function assignWords(command: CommandDefinition, words: readonly Word[]): Fields {
  const fields: Fields = {};
  let left = words.map((word) => word.text);
  for (const [index, name] of command.words.entries()) {
    if (left.length === 0) break;
    const schema = fieldOf(command, name);
    const isList = unwrapped(schema) instanceof z.ZodArray;
    const count = isList ? listLength(left, command, index) : name === "text" ? left.length : wordCount(left, schema);
    const taken = left.slice(0, count);
    left = left.slice(count);
    fields[name] = isList ? taken : fieldValue(taken.join(" "), schema);
  }
  if (left.length === 0) return fields;
  const takes = command.words.length === 0 ? "no words" : command.words.join(" and ");
  throw refusal(command, `${command.name} takes ${takes}; "${plain(left.join(" "))}" is too much.`);
}

const fieldOf = (command: CommandDefinition, name: string): z.ZodType => command.input.shape[name] as z.ZodType;

/** What one word of the field has to be. */
function itemOf(schema: z.ZodType): z.ZodType {
  const plainSchema = unwrapped(schema);
  return plainSchema instanceof z.ZodArray ? (plainSchema.element as z.ZodType) : schema;
}

function listLength(left: readonly string[], command: CommandDefinition, index: number): number {
  const behind = command.words[index + 1];
  if (behind === undefined) return left.length;
  const schema = itemOf(fieldOf(command, behind));
  // The first word is always the list's own: `pause 2h` pauses an agent of that name, or nobody.
  const ends = left.findIndex(
    (_, at) => at > 0 && takes(left.slice(at, at + wordCount(left.slice(at), schema)), schema),
  );
  return ends < 0 ? left.length : ends;
}

/** One, or two that are one together: `until 08:30`. */
const wordCount = (left: readonly string[], schema: z.ZodType): number =>
  left.length > 1 && !takes(left.slice(0, 1), schema) && takes(left.slice(0, 2), schema) ? 2 : 1;

const takes = (words: readonly string[], schema: z.ZodType): boolean =>
  schema.safeParse(fieldValue(words.join(" "), schema)).success;
