/** One route of a plugin, as its plugin.json declares it. */
export interface PluginRoute {
  /** Compared as a whole, unless it ends with `/*`. */
  readonly path: string;
  /** Compared as a whole; a route for two methods stands twice. */
  readonly method: "GET" | "POST";
  /** Path at the control service that stands for it; what `*` stood for is put behind. */
  readonly target: string;
}

/** What the plugin may reach; nothing else of the control service. */
export const ROUTES: readonly PluginRoute[] = [
  { path: "health", method: "GET", target: "/health" },
  { path: "api/v1/*", method: "GET", target: "/api/v1" },
  { path: "api/v1/*", method: "POST", target: "/api/v1" },
];

/**
 * Where a request goes, as Grafana decides it: the first route that fits, its path taken apart before it is compared.
 * @param path what stands behind the plugin's id, as the client sent it
 * @returns null if no route fits or the path cannot be decoded
 */
export function matchRoute(method: string, path: string): string | null {
  const decoded = decode(path);
  if (decoded === null) return null;
  for (const route of ROUTES) {
    if (route.method !== method) continue;
    if (route.path === decoded) return route.target;
    if (!route.path.endsWith("/*")) continue;
    const prefix = route.path.slice(0, -1);
    if (decoded.startsWith(prefix)) return `${route.target}/${encode(decoded.slice(prefix.length))}`;
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
