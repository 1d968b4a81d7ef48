import { MANIFEST, type PluginRoute } from "./manifest.ts";

/** Where a request goes. */
export interface Matched {
  readonly route: PluginRoute;
  /** What stood for `*`, to be put behind the route's address; "" if the route has none. */
  readonly rest: string;
}

/**
 * The route that a request takes, as Grafana decides it: the first that fits, its path taken apart before it is compared.
 * A path is compared as a whole unless it ends with `/*`, and so is the method.
 * @param path what stands behind the plugin's id, as the client sent it
 * @returns null if no route fits or the path cannot be decoded
 */
export function matchRoute(
  method: string,
  path: string,
  routes: readonly PluginRoute[] = MANIFEST.routes,
): Matched | null {
  const decoded = decode(path);
  if (decoded === null) return null;
  for (const route of routes) {
    if (route.method !== method) continue;
    if (route.path === decoded) return { route, rest: "" };
    if (!route.path.endsWith("/*")) continue;
    const prefix = route.path.slice(0, -1);
    if (decoded.startsWith(prefix)) return { route, rest: `/${encode(decoded.slice(prefix.length))}` };
  }
  return null;
}

// Grafana hands on what the client's path means, not how it was written: `%2f` has become a slash by then.
function decode(path: string): string | null {
  try {
    return decodeURIComponent(path).replace(/\/+$/, "");
  } catch {
    return null;
  }
}

const encode = (path: string): string => path.split("/").map(encodeURIComponent).join("/");
