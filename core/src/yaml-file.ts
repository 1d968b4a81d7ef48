import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type Document, isMap, isNode, isPair, LineCounter, type Node, parseDocument } from "yaml";
import type { z } from "zod";
import { describeIssue } from "./describe-issue.ts";
import { Failure } from "./domain/failure.ts";

/** One mistake in a list that was made by a program is made for each of its agents. */
const MOST_PROBLEMS = 50;

type Path = readonly PropertyKey[];

/** A parsed YAML file whose values can be traced back to their lines. */
export interface YamlFile<Value> {
  readonly value: Value;
  /** "fleet.yaml:14: agents[2].parent: …", for what a schema cannot say. */
  problem(path: Path, text: string): string;
  /** @throws Failure "invalid_input" if there is a problem */
  refuse(problems: readonly string[]): void;
}

/**
 * Reads a YAML file that people write.
 * @throws Failure "invalid_input" with the first 50 problems: file, line, what was found, what is allowed
 */
export async function readYamlFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<YamlFile<z.infer<Schema>>> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "there is no such file" : `it cannot be read (${error.code})`;
    throw new Failure("invalid_input", `${path}: ${why}`, { cause: error });
  });
  return parseYamlFile(path, text, schema);
}

/** @throws Failure "invalid_input", as `readYamlFile` */
export function parseYamlFile<Schema extends z.ZodType>(
  path: string,
  text: string,
  schema: Schema,
): YamlFile<z.infer<Schema>> {
  const name = basename(path);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => `${name}:${lines.linePos(offset).line || 1}`;
  const problem = (where: Path, what: string): string => {
    const label = labelOf(where);
    return `${at(offsetOf(document, where))}: ${label === "" ? "" : `${label}: `}${what}`;
  };
  refuseProblems(
    path,
    document.errors.map((error) => `${at(error.pos[0])}: ${firstLine(error.message)}`),
  );
  const result = schema.safeParse(toPlain(document, path), { reportInput: true });
  if (!result.success) {
    refuseProblems(
      path,
      result.error.issues.map((issue) => problem(issueAt(issue), describeIssue(issue, schema))),
    );
    throw new Failure("invalid_input", `${path} is not valid`);
  }
  return { value: result.data, problem, refuse: (problems) => refuseProblems(path, problems) };
}

function toPlain(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // An alias that points nowhere, or so many that they would fill the memory.
    throw new Failure("invalid_input", `${path}: ${firstLine(String(error))}`, { cause: error });
  }
}

function refuseProblems(path: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const more = problems.length - MOST_PROBLEMS;
  const shown = [...problems.slice(0, MOST_PROBLEMS), ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
  throw new Failure("invalid_input", `${path} has ${count}:\n${shown}`, {
    found: shown,
    next: "mend the file; it is read again when it changes",
  });
}

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? text;

/** `agents[2].parent` */
const labelOf = (path: Path): string =>
  path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");

/** Start of the nearest part of the path that stands in the file; keys are preferred to values. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const found = nodeAt(document, path.slice(0, length));
    if (found?.range) return found.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

function nodeAt(document: Document, path: Path): Node | null {
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find(
      (item) => isPair(item) && isNode(item.key) && String(item.key.toJSON()) === String(last),
    );
    return isNode(pair?.key) ? pair.key : null;
  }
  const node: unknown = document.getIn(path, true);
  return isNode(node) ? node : null;
}

/** An unknown field is pointed at itself, not at the object around it. */
const issueAt = (issue: z.core.$ZodIssue): Path =>
  issue.code === "unrecognized_keys" ? [...issue.path, issue.keys[0] ?? ""] : issue.path;
