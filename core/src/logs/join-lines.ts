import type { RawLogLine } from "../ports/log-source.ts";

/** Lines that say one thing: a line, and the stack trace below it. */
export interface JoinedLines {
  readonly first: RawLogLine;
  /** That of `first` first. */
  readonly texts: readonly string[];
  readonly shape: Shape;
}

/** What its first line tells of those that may follow it. */
export type Shape = "line" | "node" | "python" | "go" | "rust";

/** A trace that is longer has a loop in it; the lines that follow stand for themselves. */
const MOST_LINES = 300;

/** Joins what belongs together, source by source; empty lines go. */
export function joinLines(raw: readonly RawLogLine[]): JoinedLines[] {
  const joined: Open[] = [];
  const newest = new Map<string, Open>();
  for (const line of raw) {
    if (line.text.trim() === "") continue;
    const key = `${line.kind} ${line.source}`;
    const before = newest.get(key);
    if (before !== undefined && before.texts.length < MOST_LINES && belongsTo(before, line.text)) {
      before.texts.push(line.text);
      continue;
    }
    const open: Open = { first: line, texts: [line.text], shape: shapeOf(line.text) };
    joined.push(open);
    newest.set(key, open);
  }
  return joined;
}

/** How many lines at the end may have more coming that belongs to them, empty ones among them included. */
export function linesOfLastEntry(texts: readonly string[]): number {
  const raw = texts.map((text, at): RawLogLine => ({ source: "", kind: "agent", text, at, isError: false }));
  return texts.length - (joinLines(raw).at(-1)?.first.at ?? texts.length);
}

interface Open {
  readonly first: RawLogLine;
  readonly texts: string[];
  shape: Shape;
}

// Node names the place in its source first; Python, Go and Rust each have a line of their own to begin with.
const BEGINNINGS: readonly (readonly [Shape, RegExp])[] = [
  ["node", /^(?:node:|file:\/\/|\/|[A-Za-z]:\\)\S*:\d+$/],
  ["python", /^Traceback \(most recent call last\):/],
  ["go", /^(?:panic|fatal error): /],
  ["rust", /^thread '.*' (?:\(\d+\) )?panicked at /],
];

const shapeOf = (text: string): Shape => BEGINNINGS.find(([, begins]) => begins.test(text))?.[0] ?? "line";

/** Lines that say when they were written, or are a record by themselves. */
const RECORD = /^(?:\{"|\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:|\d+:[A-Z] \d\d \w{3} \d{4} |(?:ts|time|level|lvl)=)/;
/** PostgreSQL gives each of these a time of its own: postgresql.org/docs/15/runtime-config-logging.html */
const POSTGRES = /^\d{4}-\d\d-\d\d \S+ \S+ \[(\d+)\].*? ([A-Z]+\d?): {2}/;
const MORE_OF_POSTGRES = new Set(["DETAIL", "HINT", "QUERY", "CONTEXT", "LOCATION", "STATEMENT", "BACKTRACE"]);
const GOES_ON = /^(?:Caused by\b|\.\.\. \d+ more|During handling of the above|The above exception was)/;
const CLOSES = /^[}\])]+[,;]?$/;
/** Node marks the place in a line of source; what was thrown stands below. */
const CARET = /^\s*\^+\s*$/;
const OF_NODE = /^(?:\^|Node\.js v\d|Thrown at:)/;
const KEY_BEGINS = "-----BEGIN ";
const KEY_ENDS = "-----END ";

function belongsTo(before: Open, text: string): boolean {
  if (RECORD.test(text)) return isMoreOfPostgres(before, text);
  // A key that stands there in many lines is seen as one only if they are together.
  if (isInsideKey(before)) return true;
  if (/^\s/.test(text) || GOES_ON.test(text)) return true;
  if (CLOSES.test(text) && before.texts.length > 1) return true;
  if (text.startsWith("(Use `node ")) return true;
  if (shapeOf(text) === "python" && tellsOfError(before)) {
    before.shape = "python";
    return true;
  }
  return FOLLOWS[before.shape](before, text);
}

const FOLLOWS: Readonly<Record<Shape, (before: Open, text: string) => boolean>> = {
  line: () => false,
  // The second line is that of the source, which need not be indented.
  node: ({ texts }, text) => texts.length === 1 || OF_NODE.test(text) || CARET.test(texts.at(-1) ?? ""),
  // The exception itself ends it: the one line after the frames that is not indented.
  python: ({ texts }) => /^\s/.test(texts.at(-1) ?? ""),
  go: () => true,
  rust: ({ texts }, text) => texts.length === 1 || /^(?:note:|stack backtrace:)/.test(text),
};

const tellsOfError = ({ texts, shape }: Open): boolean =>
  shape === "python" || /\b(?:error|exception|critical|fatal)\b/i.test(texts[0] ?? "");

function isMoreOfPostgres({ first }: Open, text: string): boolean {
  const [, process, word] = POSTGRES.exec(text) ?? [];
  if (word === undefined || !MORE_OF_POSTGRES.has(word)) return false;
  return POSTGRES.exec(first.text)?.[1] === process;
}

function isInsideKey({ texts }: Open): boolean {
  const begun = texts.findLastIndex((text) => text.includes(KEY_BEGINS) && text.includes("PRIVATE KEY"));
  return begun !== -1 && !texts.slice(begun).some((text) => text.includes(KEY_ENDS));
}
