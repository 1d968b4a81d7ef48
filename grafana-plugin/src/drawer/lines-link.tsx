import type { ReactElement } from "react";
import { hrefOf, type Query } from "../parts/place.ts";
import { t } from "../translate.ts";

interface FoundLine {
  readonly at: number;
  readonly source: string;
  readonly kind: string;
}

const isLine = (line: unknown): line is FoundLine =>
  typeof line === "object" && line !== null && "at" in line && "source" in line && "kind" in line;

/** The lines that an answer holds; none if it is about something else. */
function linesIn(data: unknown): readonly FoundLine[] {
  const lines = typeof data === "object" && data !== null && "lines" in data ? data.lines : null;
  return Array.isArray(lines) ? lines.filter(isLine) : [];
}

/** Who wrote the lines of an answer, and when, as the page of logs is asked for them; null if there is none. */
export function placeOfLines(data: unknown): Query | null {
  const lines = linesIn(data);
  if (lines.length === 0) return null;
  const times = lines.map(({ at }) => at);
  const writers = (kind: string, mark: string): string =>
    [...new Set(lines.filter((line) => line.kind === kind).map(({ source }) => source))].join(mark);
  return {
    ...{ agent: writers("agent", " "), service: writers("service", ",") },
    ...{ from: String(Math.min(...times)), to: String(Math.max(...times) + 1) },
  };
}

/** From an answer that holds lines to the page that shows all of them. */
export function LinesLink({ data }: { readonly data: unknown }): ReactElement | null {
  const place = placeOfLines(data);
  if (place === null) return null;
  return (
    <p>
      <a href={hrefOf("logs", place)}>{t("logs.see-page", "See these lines on their page")}</a>
    </p>
  );
}
