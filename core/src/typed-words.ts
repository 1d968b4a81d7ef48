import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import type { CommandDefinition } from "./command.ts";
import { parseCommandWords } from "./command-words.ts";
import { isFailure } from "./domain/failure.ts";

/** Longer words are shown nowhere, and nobody types them. */
const MOST_CHARACTERS = 300;

interface Wish {
  readonly input: Readonly<Record<string, unknown>>;
  readonly force: boolean;
  readonly reason: string | null;
}

/**
 * What a person would have typed after `/fleet` for a wish that came from a button, a form or a program: "restart billing".
 * @param wish its input as the command has parsed it
 * @returns null if there are no words that mean just this
 */
export function typedWords(command: CommandDefinition, wish: Wish): string | null {
  const words = wordsOf(command, wish);
  if (words === null || words.length > MOST_CHARACTERS) return null;
  return means(words, command, wish) ? words : null;
}

/** The same as a part of an acceptance. @param wish as it was asked for, and parsed */
export function typedOf(
  command: CommandDefinition,
  wish: { readonly input: unknown; readonly force?: boolean | undefined; readonly reason: string | null },
): { typed?: string } {
  const { input, force = false, reason } = wish;
  const typed = typedWords(command, { input: input as Wish["input"], force, reason });
  return typed === null ? {} : { typed };
}

function wordsOf(command: CommandDefinition, { input, force, reason }: Wish): string | null {
  const words = command.words.flatMap((name) => [input[name] ?? []].flat()).map(quoted);
  const flags = Object.entries(input)
    .filter(([name, value]) => !command.words.includes(name) && value !== undefined && !isUsual(command, name, value))
    .map(([name, value]) => flagOf(name, value));
  const all = [
    command.name.replaceAll("-", " "),
    ...words,
    ...flags,
    ...(force ? ["--force"] : []),
    ...(reason === null ? [] : [flagOf("reason", reason)]),
  ];
  return all.includes(null) ? null : all.join(" ");
}

/** What is meant if nothing is said need not be said. */
function isUsual(command: CommandDefinition, name: string, value: unknown): boolean {
  const schema = command.input.shape[name] as z.ZodType | undefined;
  const usual = schema?.safeParse(undefined);
  return usual?.success === true && isDeepStrictEqual(usual.data, value);
}

function flagOf(name: string, value: unknown): string | null {
  const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (value === true) return flag;
  const text = typeof value === "string" || typeof value === "number" ? quoted(value) : null;
  return text === null ? null : `${flag} ${text}`;
}

/** @returns null for what cannot be typed: a quote inside quotes, and what is no text */
function quoted(value: unknown): string | null {
  if (typeof value !== "string" && typeof value !== "number") return null;
  const text = String(value);
  if (/["“”„\n]/.test(text)) return null;
  return text === "" || /\s|^[-—–]/.test(text) ? `"${text}"` : text;
}

function means(words: string, command: CommandDefinition, { input, force, reason }: Wish): boolean {
  try {
    const read = parseCommandWords(words, [command]);
    return isDeepStrictEqual(read.input, { ...input }) && read.flags.force === force && read.flags.reason === reason;
  } catch (error) {
    if (isFailure(error)) return false;
    throw error;
  }
}
