import { z } from "zod";
import { Failure } from "./domain/failure.ts";
import type { Action } from "./domain/report.ts";
import { lookAction } from "./fleet-report.ts";

/** Rows of a list that one message shows. */
const PAGE = 10;

export const pageField = z.number().int().min(1).max(10_000).default(1).describe("Page of 10 lines, worst first");

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** "page 2 of 5", or nothing. */
  readonly words: readonly string[];
  readonly actions: readonly Action[];
  readonly pages: number;
}

/** Where a page begins in its list, and how long it may be: for a list that is not read whole. */
export const rowsOf = (page: number): { readonly offset: number; readonly limit: number } => ({
  offset: (page - 1) * PAGE,
  limit: PAGE,
});

/** One page of a list, with the button to the next. @throws Failure "invalid_input" if there is no such page */
export function pageOf<Row>(all: readonly Row[], page: number, next: Pick<Action, "command" | "input">): Page<Row> {
  const { offset, limit } = rowsOf(page);
  return pageRead({ rows: all.slice(offset, offset + limit), total: all.length }, page, next);
}

/** As `pageOf`, of a list of which only this page was read. @throws Failure "invalid_input" if there is no such page */
export function pageRead<Row>(
  { rows, total }: { readonly rows: readonly Row[]; readonly total: number },
  page: number,
  next: Pick<Action, "command" | "input">,
): Page<Row> {
  const pages = Math.max(1, Math.ceil(total / PAGE));
  if (page > pages) {
    throw new Failure("invalid_input", `There is no page ${page}; the list has ${pages}.`, { found: String(page) });
  }
  return {
    rows,
    words: pages > 1 ? [`page ${page} of ${pages}`] : [],
    actions: page < pages ? [lookAction("Next 10", next.command, { ...next.input, page: page + 1 })] : [],
    pages,
  };
}
