import { type BackendSrv, type BackendSrvRequest, setBackendSrv } from "@grafana/runtime";
import { cleanup, render, screen } from "@testing-library/react";
import { of, throwError } from "rxjs";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Request } from "../api/contract.ts";
import { RequestView } from "./request-view.tsx";

const REQUEST = {
  ...{ id: "req-31", command: "restart", targets: ["billing"], actor: { id: "olga", name: "Olga" }, door: "slack" },
  ...{ reason: "new release", why: "billing works", rule: "p0-working", state: "waiting", createdAt: Date.now() },
  ...{ expiresAt: Date.now() + 600_000, decidedBy: null, decisionReason: null, operationId: null },
} as unknown as Request;

function fetchOf({ url }: BackendSrvRequest) {
  if (!url.endsWith("/commands")) return throwError(() => ({ status: 404, data: null }));
  const commands = ["deny", "approve", "withdraw"].map((name) => ({ name, whyNot: null }));
  return of({ status: 200, data: JSON.stringify({ commands }), headers: new Headers() });
}

beforeEach(() => setBackendSrv({ fetch: fetchOf } as unknown as BackendSrv));
afterEach(cleanup);

test.each([
  { isMine: false, offered: ["Deny…", "Approve…"] },
  { isMine: true, offered: ["Withdraw…"] },
  { isMine: null, offered: ["Deny…", "Approve…", "Withdraw…"] },
])("who asked may only withdraw, and others only decide: mine $isMine", async ({ isMine, offered }) => {
  render(<RequestView request={REQUEST} isMine={isMine} />);
  await screen.findAllByRole("button");
  expect(screen.getAllByRole("button").map((button) => button.textContent)).toEqual(offered);
});
