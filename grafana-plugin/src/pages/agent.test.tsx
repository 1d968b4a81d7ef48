import { type BackendSrv, type BackendSrvRequest, locationService, setBackendSrv } from "@grafana/runtime";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { NEVER, of, throwError } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import AgentPage from "./agent.tsx";

const AGENT = {
  ...{ id: "billing", does: "captures the payment", group: "orders", parent: null, owner: "payments" },
  ...{ criticality: "P0", consequence: "payments stopped", health: "healthy", verdict: "working", note: null },
  ...{ activity: "idle", version: "0.1.0", rung: 5, provable: 5, since: null, lastHeartbeatAt: null, processUp: true },
  ...{ labels: {}, waiting: [], runbook: null, desired: { state: "running", by: null, reason: null } },
};
const UNKNOWN = { code: "unknown_agent", message: "there is no agent bil", found: "bil", allowed: [], next: null };

function fetchOf({ url }: BackendSrvRequest) {
  const answer = (body: unknown) => of({ status: 200, data: JSON.stringify(body), headers: new Headers() });
  if (url.endsWith("/agents/billing")) return answer({ agent: AGENT });
  if (url.endsWith("/commands")) return answer({ commands: [{ name: "restart", whyNot: null }] });
  return throwError(() => ({ status: 404, data: url.endsWith("/agents/bil") ? JSON.stringify(UNKNOWN) : null }));
}

beforeEach(() => setBackendSrv({ fetch: fetchOf, chunked: () => NEVER } as unknown as BackendSrv));
afterEach(cleanup);

test("a link to a moment says that the page tells of now, and leads to the figures of then", async () => {
  locationService.push("/a/rollcall-fleet-app/agents/billing?at=1795142452");
  render(<AgentPage />);
  await screen.findByText(/^The link is of .*, you see now\./);
  const then = new URL(
    screen.getByRole("link", { name: "Figures of that time" }).getAttribute("href") ?? "",
    "http://g",
  );
  expect(then.searchParams.get("from")).toBe(String((1_795_142_452 - 900) * 1000));
  fireEvent.click(screen.getByRole("button", { name: "Now" }));
  await vi.waitFor(() => expect(screen.queryByText(/^The link is of/)).toBeNull());
  expect(locationService.getSearch().has("at")).toBe(false);
});

test("a name that is nobody's offers nothing to do, and a search for whom it may mean", async () => {
  locationService.push("/a/rollcall-fleet-app/agents/bil");
  render(<AgentPage />);
  const search = await screen.findByRole("link", { name: "Agents with “bil” in their name" });
  expect(search.getAttribute("href")).toContain("agents?q=bil");
  expect(screen.queryByRole("button", { name: "Restart…" })).toBeNull();
});
