import type { Query } from "../parts/place.ts";

interface Found {
  readonly page: string;
  readonly query?: Query;
}

const PLACES: readonly (readonly [RegExp, (id: string) => Found])[] = [
  [/^op-\d+$/, (id) => ({ page: `operations/${id}` })],
  [/^req-\d+$/, (id) => ({ page: `requests/${id}` })],
  [/^inc-\d+$/, (id) => ({ page: "alerts", query: { incident: id } })],
  [/^a-\d+$/, (id) => ({ page: "audit", query: { row: id.slice(2) } })],
  [/^[a-z0-9][a-z0-9._-]{0,99}$/, (id) => ({ page: `agents/${id}` })],
];

/** The page of an id, as it stands in Slack and in the terminal; what is no id is searched for among the agents. */
export function placeOfId(text: string): Found {
  const id = text.trim().toLowerCase();
  const [, found] = PLACES.find(([pattern]) => pattern.test(id)) ?? [];
  return found?.(id) ?? { page: "agents", query: { q: id } };
}
