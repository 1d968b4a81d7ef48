import type { z } from "zod";
import type { CommandDefinition } from "./command.ts";
import { describeIssue } from "./describe-issue.ts";
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
  const problems = parsed.error.issues.map((issue) => describeProblem(command, issue));
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

function describeProblem({ name, input }: Pick<CommandDefinition, "name" | "input">, issue: z.core.$ZodIssue): Problem {
  const fields = Object.keys(input.shape);
  if (issue.code === "unrecognized_keys") {
    const found = issue.keys.map(cut).join(", ");
    const known = fields.length === 0 ? "it takes nothing" : `it has ${fields.join(", ")}`;
    return { message: `${name} has no ${found}; ${known}`, found, allowed: fields };
  }
  const field = issue.path.join(".") || name;
  return {
    message: sentenceOf(field, describeIssue(issue, input)),
    found: issue.input === undefined ? null : cut(JSON.stringify(issue.input)),
    allowed: issue.code === "invalid_value" ? issue.values.map(String) : [],
  };
}

/** "id is missing", "copies is "many", allowed: number" */
const sentenceOf = (field: string, words: string): string =>
  words.startsWith("missing") ? `${field} is missing` : `${field} is ${words.replace(/^found /, "")}`;

const cut = (text: string): string => (text.length > 100 ? `${text.slice(0, 99)}…` : text);
