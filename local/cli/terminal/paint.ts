import { styleText } from "node:util";
import type { CommandDefinition } from "@rollcall/core/command.ts";
import type { ApiAnswer } from "@rollcall/core/contract.ts";
import type { Failure } from "@rollcall/core/domain/failure.ts";
import { renderTimes } from "@rollcall/core/domain/report.ts";

type Report = ApiAnswer["report"];
type Action = Report["actions"][number];

/** Where lines go; `isRich` for a terminal that shows bold. */
export interface Screen {
  readonly isRich: boolean;
  print(line: string): void;
  complain(line: string): void;
  /** Asks whoever sits there; null: nobody does. */
  readonly ask: ((question: string) => Promise<string>) | null;
}

/** A report as lines for people, with what may be typed next. */
export function reportLines(report: Report, commands: readonly CommandDefinition[], isRich: boolean): string[] {
  const { headline, context, lines, fields, actions, file } = report;
  const width = Math.max(0, ...fields.map(({ name }) => name.length));
  const steps = actions.flatMap((action) => {
    const words = wordsOf(action, commands);
    return words === null ? [] : [`${action.label}: \`rollcall ${words}\``];
  });
  const paint = (line: string): string => painted(line, isRich);
  return [
    // The whole first: what it comes to stands where the eye is.
    ...(file === undefined ? [] : file.text.trimEnd().split("\n").map(still)),
    ...[headline, ...(context === null ? [] : [context])].map(paint),
    ...(file === undefined ? lines.flatMap((line) => line.split("\n")) : []).map((line) => paint(`  ${line}`)),
    ...fields.map(({ name, value }) => paint(`  ${name.padEnd(width)}  ${value}`)),
    ...steps.map((step) => paint(`→ ${step}`)),
  ];
}

/** A line of somebody else's, as it is but for what moves the cursor. */
const still = (line: string): string => line.replaceAll(/(?!\t)[\p{Cc}\p{Cf}]/gu, "·");

/** What was refused, what stood there, what is allowed, what to do. */
export function refusalLines({ message, detail }: Failure): string[] {
  const { found, allowed = [], next } = detail;
  return [
    `✗ ${message}`,
    ...(found === undefined ? [] : [`  found: ${found}`]),
    ...(allowed.length === 0 ? [] : [`  allowed: ${allowed.join(", ")}`]),
    ...(next === undefined ? [] : [`  ${next}`]),
  ].map((line) => painted(line, false));
}

/** One line of ours or of others: times in this machine's zone, bold where it shows, nothing that moves the cursor. */
export function painted(text: string, isRich: boolean): string {
  const clean = renderTimes(text, localTime)
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, "·")
    .replaceAll("`/fleet ", "`rollcall ");
  return clean
    .replaceAll(/\*([^*]+)\*/g, (_, words: string) => (isRich ? strong(words) : words))
    .replaceAll(/`([^`]+)`/g, "$1");
}

// The screen has said whether it shows bold; styleText would ask the process's own streams again.
const strong = (words: string): string => styleText("bold", words, { validateStream: false });

function localTime(at: number): string {
  const moment = new Date(at);
  const time = moment.toLocaleTimeString("en-GB");
  const isToday = moment.toDateString() === new Date().toDateString();
  return isToday ? time : `${moment.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${time}`;
}

/** The words one types for an action; null if this version does not know its command. */
function wordsOf(action: Action, commands: readonly CommandDefinition[]): string | null {
  const command = commands.find(({ name }) => name === action.command);
  if (command === undefined) return null;
  const { words } = command;
  const given = ([name, value]: [string, unknown]): boolean => !words.includes(name) && value !== "" && value !== null;
  const flags = Object.entries(action.input).filter(given);
  return [
    command.name,
    ...words
      .flatMap((word) => [action.input[word] ?? []].flat())
      .filter((value) => value !== "")
      .map(quoted),
    ...flags.map(([name, value]) => `--${kebab(name)} ${quoted(value)}`),
  ].join(" ");
}

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
// As a shell takes it: `!x` and `a=*` mean something to it.
const quoted = (value: unknown): string => (/^[\w@.,:/-]+$/.test(String(value)) ? String(value) : `'${String(value)}'`);
