import { csvCell } from "./csv-cell.ts";
import type { AuditFilter, AuditLog, AuditRow } from "./ports/audit-log.ts";

export const EXPORT_FORMATS = ["jsonl", "csv"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Rows read at once. */
const PAGE = 500;

type Column = readonly [name: string, cell: (row: AuditRow) => unknown];

const COLUMNS: readonly Column[] = [
  ["seq", (row) => row.seq],
  ["at", (row) => row.at],
  ["event", (row) => row.event],
  ["actor", (row) => row.actor],
  ["identity", (row) => row.identity],
  ["door", (row) => row.door],
  ["action", (row) => row.action],
  ["command", (row) => row.command],
  ["targets", (row) => row.targets.join(" ")],
  ["decision", (row) => row.decision],
  ["rule", (row) => row.rule],
  ["reason", (row) => row.reason],
  ["operation", (row) => row.operationId],
  ["request", (row) => row.requestId],
  ["trace", (row) => row.traceId],
  ["before", (row) => row.before],
  ["after", (row) => row.after],
  ["detail", (row) => row.detail],
  ["prev", (row) => row.prev],
  ["hash", (row) => row.hash],
];

/**
 * The rows as lines of a file, oldest first, up to the newest at the beginning; read page by page, so that any number fits.
 * JSON Lines hold `prev`, `hash` and the exact `body` of each row; CSV begins with a line of names.
 * @throws Failure "unavailable"
 */
export async function* exportLines(
  audit: Pick<AuditLog, "search">,
  filter: Omit<AuditFilter, "limit" | "order" | "after" | "whole">,
  format: ExportFormat,
): AsyncGenerator<string> {
  const [newest] = await audit.search({ limit: 1 });
  if (format === "csv") yield `${COLUMNS.map(([name]) => name).join(",")}\r\n`;
  let after = 0;
  while (newest !== undefined) {
    const rows = await audit.search({ ...filter, order: "oldest", after, whole: true, limit: PAGE });
    const wanted = rows.filter((row) => row.seq <= newest.seq);
    if (wanted.length > 0) yield wanted.map(format === "csv" ? csvLine : jsonLine).join("");
    if (wanted.length < PAGE) return;
    after = wanted.at(-1)?.seq ?? newest.seq;
  }
}

const jsonLine = (row: AuditRow): string => `${JSON.stringify(row)}\n`;

/** One row by RFC 4180, in which no cell is a formula to a spreadsheet. */
export const csvLine = (row: AuditRow): string => `${COLUMNS.map(([, cell]) => csvCell(cell(row))).join(",")}\r\n`;
