import type { z } from "zod";
import type { CommandDefinition } from "./command.ts";
import { Failure } from "./domain/failure.ts";

/**
 * Input of a command, checked strictly: unknown fields are refused, nothing is coerced.
 * @throws Failure "invalid_input" with all problems at once: what was found, what is allowed
 */
export function parseInput(
  command: Pick<CommandDefinition, "name" | "input">,
  input: unknown,
): Record<string, unknown> {
  const parsed = command.input.safeParse(input, { reportInput: true });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => describeIssue(command, issue));
  const found = problems.find((problem) => problem.found !== null)?.found ?? null;
  throw new Failure("invalid_input", problems.map((problem) => problem.message).join("; "), {
    ...(found === null ? {} : { found }),
    allowed: [...new Set(problems.flatMap((problem) => problem.allowed))],
    next: "Nothing was done.",
  });
}

interface Problem {
  readonly message: string;
  readonly found: string | null;
  readonly allowed: readonly string[];
}

function describeIssue({ name, input }: Pick<CommandDefinition, "name" | "input">, issue: z.core.$ZodIssue): Problem {
  const field = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const fields = Object.keys(input.shape);
    const known = fields.length === 0 ? "it takes nothing" : `it has ${fields.join(", ")}`;
    return {
      message: `${name} has no ${issue.keys.map(cut).join(", ")}; ${known}`,
      found: issue.keys.map(cut).join(", "),
      allowed: fields,
    };
  }
  if (field === "")
    return { message: `${name} takes an object`, found: show(issue.input), allowed: Object.keys(input.shape) };
  if (issue.input === undefined) return { message: `${field} is missing`, found: null, allowed: allowedOf(issue) };
  return {
    message: `${field} is ${show(issue.input)}, allowed: ${allowedOf(issue).join(", ")}`,
    found: show(issue.input),
    allowed: allowedOf(issue),
  };
}

const allowedOf = (issue: z.core.$ZodIssue): string[] =>
  issue.code === "invalid_value" ? issue.values.map(String) : [issue.message];

const cut = (text: string): string => (text.length > 100 ? `${text.slice(0, 99)}…` : text);
const show = (value: unknown): string => cut(JSON.stringify(value) ?? typeof value);
