import type { AppRootProps } from "@grafana/data";
import { lazy, type ReactElement, Suspense } from "react";
import { Unconfigured } from "./pages/unconfigured.tsx";
import { Boundary } from "./parts/boundary.tsx";
import { usePlace } from "./parts/place.ts";
import { Skeleton } from "./parts/region.tsx";

const PAGES = {
  overview: lazy(() => import("./pages/overview.tsx")),
  alerts: lazy(() => import("./pages/alerts.tsx")),
  agents: lazy(() => import("./pages/agents.tsx")),
  operations: lazy(() => import("./pages/operations.tsx")),
  requests: lazy(() => import("./pages/requests.tsx")),
  "roll-call": lazy(() => import("./pages/roll-call.tsx")),
  bus: lazy(() => import("./pages/bus.tsx")),
  diagnostics: lazy(() => import("./pages/diagnostics.tsx")),
  metrics: lazy(() => import("./pages/metrics.tsx")),
  audit: lazy(() => import("./pages/audit.tsx")),
  parts: lazy(() => import("./pages/parts.tsx")),
};
const Agent = lazy(() => import("./pages/agent.tsx"));
const Missing = lazy(() => import("./pages/missing.tsx"));

/** The app: the page that the address names. */
export default function App({ meta }: AppRootProps<{ url?: string }>): ReactElement {
  const { page, id } = usePlace();
  const isSetUp = Boolean(meta.jsonData?.url) && meta.secureJsonFields?.secret === true;
  if (!isSetUp) return <Unconfigured />;
  const Shown = page === "agents" && id !== null ? Agent : (PAGES[page as keyof typeof PAGES] ?? Missing);
  return (
    <Boundary key={page} name="This page">
      <Suspense fallback={<Skeleton lines={5} />}>
        <Shown />
      </Suspense>
    </Boundary>
  );
}
