import { config, locationService } from "@grafana/runtime";
import { useMemo, useSyncExternalStore } from "react";

export const BASE = "/a/rollcall-fleet-app";

/** Where the reader is: `agents/billing?tab=timeline`. */
export interface Place {
  /** First part of the path: `agents`; `overview` where there is none. */
  readonly page: string;
  /** What stands behind it: `billing`. */
  readonly id: string | null;
  readonly query: URLSearchParams;
}

export type Query = Readonly<Record<string, string | null | undefined>>;

const current = (): string => {
  const { pathname, search } = locationService.getLocation();
  return `${pathname}${search}`;
};
const follow = (changed: () => void): (() => void) => locationService.getHistory().listen(changed);

export const placeNow = (): Place => readPlace(current());

/** Follows the address: it is the state of every page. */
export function usePlace(): Place {
  const address = useSyncExternalStore(follow, current);
  return useMemo(() => readPlace(address), [address]);
}

/** @param address path and query, without the host */
export function readPlace(address: string): Place {
  const [path = "", search = ""] = address.split("?");
  const [page = "", ...rest] = path.startsWith(BASE) ? path.slice(BASE.length + 1).split("/") : [];
  const id = rest
    .filter((part) => part !== "")
    .map(decode)
    .join("/");
  return {
    page: page === "" ? "overview" : decode(page),
    id: id === "" ? null : id,
    query: new URLSearchParams(search),
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a page, for a link. @param page `agents/billing`, each part as it is read */
export function hrefOf(page: string, query: Query = {}): string {
  return `${config.appSubUrl ?? ""}${pathOf(page, query)}`;
}

export function pathOf(page: string, query: Query = {}): string {
  const path = page.split("/").map(encodeURIComponent).join("/");
  const search = new URLSearchParams(given(query)).toString();
  return `${BASE}/${path}${search === "" ? "" : `?${search}`}`;
}

const given = (query: Query): [string, string][] =>
  Object.entries(query).flatMap(([name, value]) =>
    value === null || value === undefined || value === "" ? [] : [[name, value]],
  );

export const goTo = (page: string, query: Query = {}): void => locationService.push(pathOf(page, query));

/** Changes parts of the query and leaves the rest; null or "" takes one away. */
export function changeQuery(query: Query, { replace = true } = {}): void {
  const cleaned = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, value === "" ? null : value]));
  locationService.partial(cleaned, replace);
}
