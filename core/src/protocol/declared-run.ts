import { z } from "zod";

/** What one input of a run takes. */
export const runInput = z.object({
  kind: z.enum(["text", "number", "choice", "flag"]),
  about: z.string().max(100),
  required: z.boolean(),
  /** Of a choice: what may be chosen. */
  choices: z.array(z.string().min(1).max(60)).min(1).max(30).optional(),
  /** Of a number: no fractions; the smallest and the largest one. */
  whole: z.literal(true).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
});
export type RunInput = z.infer<typeof runInput>;
export type RunInputValue = string | number | boolean;

/** A run that an agent begins on demand, with its inputs by name. */
export const declaredRun = z.object({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "a-z, 0-9 and -, at most 63 characters"),
  about: z.string().max(100),
  inputs: z.record(z.string().regex(/^[a-z][a-zA-Z0-9]{0,30}$/, "letters and digits, at most 31"), runInput),
});
export type DeclaredRun = z.infer<typeof declaredRun>;

const MOST_CHARACTERS = 1000;

/** What an input takes, in words: "a whole number from 1 to 24", "one of morning, evening". */
export function takesWords({ kind, choices = [], whole, min, max }: RunInput): string {
  if (kind === "flag") return "true or false";
  if (kind === "choice") return `one of ${choices.join(", ")}`;
  if (kind === "text") return `text of at most ${MOST_CHARACTERS} characters`;
  const range = [min === undefined ? "" : ` from ${min}`, max === undefined ? "" : ` to ${max}`].join("");
  return `a ${whole ? "whole " : ""}number${range}`;
}

/** @returns what is wrong with the inputs, in words; null if the run takes them */
export function refuseRunInputs(run: DeclaredRun, inputs: Readonly<Record<string, unknown>>): string | null {
  const known = Object.keys(run.inputs);
  const stranger = Object.keys(inputs).find((name) => !known.includes(name));
  if (stranger !== undefined) {
    return `${run.name} has no input ${stranger}; it has ${known.length === 0 ? "none" : known.join(", ")}`;
  }
  for (const [name, input] of Object.entries(run.inputs)) {
    const value = inputs[name];
    if (value === undefined && !input.required) continue;
    if (value === undefined) return `${name} is missing; it takes ${takesWords(input)}`;
    if (!takes(input, value)) return `${name} is ${JSON.stringify(value).slice(0, 60)}; it takes ${takesWords(input)}`;
  }
  return null;
}

function takes({ kind, choices = [], whole, min, max }: RunInput, value: unknown): boolean {
  if (kind === "flag") return typeof value === "boolean";
  if (kind === "text") return typeof value === "string" && value.length <= MOST_CHARACTERS;
  if (kind === "choice") return typeof value === "string" && choices.includes(value);
  const isInRange = typeof value === "number" && value >= (min ?? -Infinity) && value <= (max ?? Infinity);
  return isInRange && (whole !== true || Number.isInteger(value));
}
