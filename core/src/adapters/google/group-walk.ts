import type { GoogleMember } from "./google-answers.ts";
import { CALL_BUDGET_MS, type GoogleCalls } from "./google-calls.ts";
import { workspaceFailure } from "./google-failure.ts";
import { inParallel } from "./in-parallel.ts";

/** Somebody in a group, and by which groups inside it. */
export interface FoundMember {
  readonly member: GoogleMember;
  /** Addresses, outermost first; empty for a direct member. */
  readonly via: readonly string[];
}

/** Groups inside groups are followed this deep. */
export const MOST_DEPTH = 10;
// More are not read once a minute without touching Google's limits (2,400 questions a minute).
const MOST_GROUPS = 200;
const MOST_PAGES = 50;
const AT_ONCE = 4;

interface Found {
  readonly people: Map<string, FoundMember>;
  /** Why some of what is in the group counts for nobody. */
  readonly leftOut: string[];
}

/**
 * Everybody in a group, those in groups inside it included: level by level, each group once, so a circle ends. All pages or nothing.
 * @param until end of the whole walk, on `performance.now()`'s clock
 * @throws Failure "unavailable"
 */
export async function walkGroup(
  group: string,
  { calls, until }: { calls: GoogleCalls; until: number },
): Promise<Found> {
  const found: Found = { people: new Map(), leftOut: [] };
  const visited = new Set<string>();
  let level: { readonly key: string; readonly path: readonly string[] }[] = [{ key: group, path: [] }];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MOST_DEPTH) {
      found.leftOut.push(`groups more than ${MOST_DEPTH} deep inside ${group}`);
      break;
    }
    const pages = await inParallel(level, AT_ONCE, ({ key }) => readAll(key, { calls, until }));
    const inner = pages.flatMap((members, place) => sort(members, { path: level[place]?.path ?? [], found, group }));
    level = inner.filter(({ key }) => !visited.has(key) && visited.add(key));
    if (visited.size > MOST_GROUPS)
      throw workspaceFailure("config", `${group} has more than ${MOST_GROUPS} groups inside it`);
  }
  return found;
}

/** Notes the people of one group, and says which groups are in it. */
function sort(
  members: readonly GoogleMember[],
  { path, found, group }: { path: readonly string[]; found: Found; group: string },
): { key: string; path: readonly string[] }[] {
  const groups: { key: string; path: readonly string[] }[] = [];
  for (const member of members) {
    if (member.type === "GROUP") groups.push({ key: member.id, path: [...path, member.email ?? member.id] });
    else if (member.type === "USER" || member.type === "EXTERNAL") {
      // The first way found is the shortest.
      if (!found.people.has(member.id)) found.people.set(member.id, { member, via: path });
    } else found.leftOut.push(`${member.type.toLowerCase()} in ${path.at(-1) ?? group}: only people and groups count`);
  }
  return groups;
}

async function readAll(
  group: string,
  { calls, until }: { calls: GoogleCalls; until: number },
): Promise<GoogleMember[]> {
  const members: GoogleMember[] = [];
  let pageToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await calls.listMembers(group, {
      pageToken,
      until: Math.min(until, performance.now() + CALL_BUDGET_MS),
    });
    members.push(...(answer.members ?? []));
    if (answer.nextPageToken === undefined) return members;
    pageToken = answer.nextPageToken;
  }
  throw workspaceFailure("config", `${group} has more than ${MOST_PAGES} pages of members`);
}
