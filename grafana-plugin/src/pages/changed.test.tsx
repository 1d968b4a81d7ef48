import { type BackendSrv, type BackendSrvRequest, locationService, setBackendSrv } from "@grafana/runtime";
import type { ApiChange } from "@rollcall/core/change-contract.ts";
import { cleanup, render, screen } from "@testing-library/react";
import { NEVER, of, throwError } from "rxjs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { refresh } from "../api/answers.ts";
import { chooseContext } from "../parts/context.ts";
import { Changed } from "./changed.tsx";

const change = (known: Partial<ApiChange>): ApiChange => ({
  ...{ id: "ch-1", at: Date.now() - 60_000, kind: "version", agents: ["billing"], agentCount: 1 },
  ...{ what: "", version: null, by: null, link: null, words: "billing 4.7.1 → 4.7.2, by CI", ...known },
});
let changes: ApiChange[] | null;

beforeEach(() => {
  locationService.push("/a/rollcall-fleet-app/overview");
  setBackendSrv({
    chunked: () => NEVER,
    fetch: ({ url }: BackendSrvRequest) =>
      url.includes("/changes?range=30m") && changes !== null
        ? of({ status: 200, data: JSON.stringify({ asOf: Date.now(), from: 0, changes }), headers: new Headers() })
        : throwError(() => ({
            status: 503,
            data: JSON.stringify({ code: "unavailable", message: "PostgreSQL is away", allowed: [] }),
          })),
  } as unknown as BackendSrv);
});
afterEach(() => {
  cleanup();
  chooseContext(null);
});

async function show(found: readonly ApiChange[] | null): Promise<void> {
  changes = found === null ? null : [...found];
  await refresh("api/v1/changes?range=30m");
  render(<Changed />);
}

// Answers are kept from page to page, so this one is the first.
test("what could not be read is not said to be unchanged", async () => {
  await show(null);
  expect(await screen.findByText(/PostgreSQL is away/)).toBeTruthy();
  expect(screen.queryByText("Nothing in these 30 min.")).toBeNull();
});

test("a version and a deployment are told in the service's words, and lead to their agent or to what is written about them", async () => {
  const deployed = change({
    id: "ch-2",
    kind: "deployment",
    agentCount: 0,
    agents: [],
    words: "schema moved to 41, by Olga",
  });
  await show([change({}), { ...deployed, link: "https://ci.example/7" }]);
  expect(screen.getByText("billing 4.7.1 → 4.7.2, by CI").getAttribute("href")).toMatch(/\/agents\/billing$/);
  expect(screen.getByText("schema moved to 41, by Olga").getAttribute("href")).toBe("https://ci.example/7");
});

test("what is older than half an hour, or of others than one looks at, is left out", async () => {
  chooseContext({ kind: "agent", name: "invoices" });
  await show([
    change({}),
    change({ id: "ch-3", agents: ["invoices"], at: Date.now() - 31 * 60_000, words: "invoices 1 → 2" }),
  ]);
  expect(await screen.findByText("Nothing in these 30 min.")).toBeTruthy();
});
