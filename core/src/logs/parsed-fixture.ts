import { expect } from "vitest";
import type { LogLine } from "../domain/log-line.ts";
import type { RawLogLine } from "../ports/log-source.ts";
import { parseLogLines } from "./parse-log-lines.ts";

export const NOW = Date.parse("2026-11-30T03:00:00Z");
export const AT = Date.parse("2026-11-30T02:31:17.236Z");
export const TRACE = "0af7651916cd43dd8448eb211c80319c";

export const raw = (text: string, more: Partial<RawLogLine> = {}): RawLogLine => ({
  ...{ source: "billing", kind: "agent", at: null, isError: false },
  text,
  ...more,
});
export const parse = (...texts: string[]): LogLine[] =>
  parseLogLines(
    texts
      .join("\n")
      .split("\n")
      .map((text) => raw(text)),
    NOW,
  );
export const one = (...texts: string[]): LogLine => {
  const lines = parse(...texts);
  expect(lines).toHaveLength(1);
  return lines[0] as LogLine;
};
