import { foldChanges } from "./change-words.ts";
import type { Ports } from "./command.ts";
import { type Change, joinDeployments } from "./domain/change.ts";
import { Failure } from "./domain/failure.ts";
import type { ChangeFilter } from "./ports/changes.ts";

/** Rows that are looked at; many of them fold into few. */
const MOST_ROWS = 1000;

/**
 * What changed, newest first, as people are told it: what was told and seen is one change, and so is what happened to many
 * agents at once.
 * @throws Failure "unavailable" where it is not kept
 */
export async function readChanges(
  { changes }: Pick<Ports, "changes">,
  filter: Omit<ChangeFilter, "limit">,
): Promise<Change[]> {
  if (changes === undefined) throw new Failure("unavailable", "What changed is not kept here.");
  return foldChanges(joinDeployments(await changes.list({ ...filter, limit: MOST_ROWS })));
}
