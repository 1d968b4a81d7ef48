import { csvCell } from "./csv-cell.ts";
import type { KeptLogLine } from "./domain/log-line.ts";
import type { LogFilter, LogPlace, LogStore } from "./ports/log-store.ts";

export const LOG_FILE_FORMATS = ["text", "jsonl", "csv"] as const;
export type LogFileFormat = (typeof LOG_FILE_FORMATS)[number];

/** Lines read at once. */
const PAGE = 1000;

type Column = readonly [name: string, cell: (line: KeptLogLine) => unknown];

const COLUMNS: readonly Column[] = [
  ["at", ({ at }) => new Date(at).toISOString()],
  ["source", ({ source }) => source],
  ["kind", ({ kind }) => kind],
  ["level", ({ level }) => level],
  ["text", ({ text }) => text],
  ["trace", ({ trace }) => trace],
  ["run", ({ run }) => run],
  ["operation", ({ operation }) => operation],
  ["fields", ({ fields }) => (Object.keys(fields).length === 0 ? null : fields)],
];

/**
 * The lines as pieces of a file, oldest first; read page by page, so that any number fits. The first piece comes when the first
 * page has been read: what is wrong with the filter is known before anything is sent.
 * @throws Failure as `search` of the store
 */
export async function* exportLogLines(
  logs: Pick<LogStore, "search">,
  filter: LogFilter & { readonly to: number },
  format: LogFileFormat,
): AsyncGenerator<string> {
  let head = format === "csv" ? `${COLUMNS.map(([name]) => name).join(",")}\r\n` : "";
  let behind: LogPlace | null = null;
  for (;;) {
    const lines: readonly KeptLogLine[] = await logs.search(filter, { limit: PAGE, behind });
    const piece = head + lines.map(LINES[format]).join("");
    if (piece !== "") yield piece;
    head = "";
    const last = lines.at(-1);
    if (last === undefined || lines.length < PAGE) return;
    behind = { at: last.at, id: last.id };
  }
}

/** One line as a person reads it: `2026-11-21T02:40:52.123Z ERROR billing cannot read key.pem op=op-481`. */
export function textOfLine({ at, source, level, text, operation, run, trace, fields }: KeptLogLine): string {
  const named = Object.entries({ op: operation, run, trace, ...fields }).flatMap(([name, value]) =>
    value === null ? [] : `${name}=${/[\s"=]/.test(value) ? JSON.stringify(value) : value}`,
  );
  const words = [new Date(at).toISOString(), level.toUpperCase(), source, text, ...named].join(" ");
  // A stack trace stays below its line, and nothing in a line steers the terminal that shows the file.
  return `${steady(words.replaceAll(/\r\n?/g, "\n").replaceAll("\n", "\n    "))}\n`;
}

/** Control characters but for the tab and the new line, and those that turn the direction of what follows. */
const STEERING = /[^\P{Cc}\t\n]|[\u202A-\u202E\u2066-\u2069]/gu;

/** A text that does not steer the terminal it is shown in. */
export const steady = (text: string): string => text.replaceAll(STEERING, "�");

const LINES: Readonly<Record<LogFileFormat, (line: KeptLogLine) => string>> = {
  text: textOfLine,
  jsonl: (line) => `${JSON.stringify({ ...line, id: String(line.id), at: new Date(line.at).toISOString() })}\n`,
  csv: (line) => `${COLUMNS.map(([, cell]) => csvCell(cell(line))).join(",")}\r\n`,
};
