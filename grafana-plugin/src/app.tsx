import type { AppRootProps } from "@grafana/data";
import { type ComponentType, lazy, type ReactElement, Suspense } from "react";
import { agents, incidents, requests } from "./api/lists.ts";
import { Unconfigured } from "./pages/unconfigured.tsx";
import { Boundary } from "./parts/boundary.tsx";
import { type Place, placeNow, usePlace } from "./parts/place.ts";
import { Skeleton } from "./parts/region.tsx";
import { t } from "./translate.ts";

const page = (load: () => Promise<{ default: ComponentType }>) => ({ load, Shown: lazy(load) });
const PAGES = {
  overview: page(() => import("./pages/overview.tsx")),
  alerts: page(() => import("./pages/alerts.tsx")),
  agents: page(() => import("./pages/agents.tsx")),
  agent: page(() => import("./pages/agent.tsx")),
  operations: page(() => import("./pages/operations.tsx")),
  requests: page(() => import("./pages/requests.tsx")),
  "roll-call": page(() => import("./pages/roll-call.tsx")),
  bus: page(() => import("./pages/bus.tsx")),
  trace: page(() => import("./pages/bus-trace.tsx")),
  logs: page(() => import("./pages/logs.tsx")),
  diagnostics: page(() => import("./pages/diagnostics.tsx")),
  metrics: page(() => import("./pages/metrics.tsx")),
  audit: page(() => import("./pages/audit.tsx")),
  parts: page(() => import("./pages/parts.tsx")),
  missing: page(() => import("./pages/missing.tsx")),
};
type PageName = keyof typeof PAGES;
/** Below another one, and none by itself. */
const BELOW: readonly string[] = ["agent", "trace"] satisfies PageName[];

function nameOf({ page: name, id }: Place): PageName {
  if (name === "agents" && id !== null) return "agent";
  if (name === "bus" && id !== null) return id === "trace" || id.startsWith("trace/") ? "trace" : "missing";
  return Object.hasOwn(PAGES, name) && !BELOW.includes(name) ? (name as PageName) : "missing";
}

// The first page comes while Grafana draws its frame, not after it; if it does not come, it is asked for again when it is drawn.
PAGES[nameOf(placeNow())].load().catch(() => undefined);

const AHEAD_MS = 10_000;
let isAhead = false;

/** What every page shows is asked for, and followed, while the first page is still to be drawn. */
function followAhead(): void {
  if (isAhead) return;
  isAhead = true;
  for (const list of [agents, incidents, requests]) setTimeout(list.follow(), AHEAD_MS);
}

/** The app: the page that the address names. */
export default function App({ meta }: AppRootProps<{ url?: string }>): ReactElement {
  const place = usePlace();
  const isSetUp = Boolean(meta.jsonData?.url) && meta.secureJsonFields?.secret === true;
  if (!isSetUp) return <Unconfigured />;
  followAhead();
  const { Shown } = PAGES[nameOf(place)];
  return (
    <Boundary key={place.page} name={t("app.this-page", "This page")}>
      <Suspense fallback={<Skeleton lines={5} />}>
        <Shown />
      </Suspense>
    </Boundary>
  );
}
