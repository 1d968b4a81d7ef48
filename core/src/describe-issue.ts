import { z } from "zod";

type Path = readonly PropertyKey[];

/**
 * What is wrong with a value: what was found and what is allowed.
 * @param schema lists the allowed fields where an unknown one was found
 */
export function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  if (issue.code === "unrecognized_keys") {
    const allowed = fieldsAt(schema, issue.path);
    return `found an unknown field${allowed.length > 0 ? `, allowed: ${allowed.join(", ")}` : ""}`;
  }
  if (issue.code === "invalid_type" && issue.input === undefined) return `missing, allowed: ${issue.expected}`;
  return `found ${shown(issue.input)}, allowed: ${allowedBy(issue)}`;
}

function allowedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_value":
      return issue.values.map(String).join(", ");
    case "invalid_type":
      return issue.expected;
    case "too_small":
      return `at least ${issue.minimum}`;
    case "too_big":
      return `at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function fieldsAt(schema: z.ZodType, path: Path): string[] {
  let here: unknown = unwrapped(schema);
  for (const part of path) {
    if (here instanceof z.ZodObject) here = unwrapped(here.shape[String(part)]);
    else if (here instanceof z.ZodArray) here = unwrapped(here.element);
    else return [];
  }
  return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
}

/** The schema inside default, nullable and optional. */
export function unwrapped(schema: unknown): unknown {
  const isWrapped =
    schema instanceof z.ZodDefault || schema instanceof z.ZodNullable || schema instanceof z.ZodOptional;
  return isWrapped ? unwrapped(schema.unwrap()) : schema;
}
