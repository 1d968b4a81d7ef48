import { type BackendSrv, type BackendSrvRequest, locationService, setBackendSrv } from "@grafana/runtime";
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { NEVER, of, throwError } from "rxjs";
import { afterEach, expect, test } from "vitest";
import { agents } from "../api/lists.ts";
import { chooseContext, useContextChoice } from "../parts/context.ts";
import { placeNow } from "../parts/place.ts";
import Agents from "./agents.tsx";

afterEach(cleanup);

const AGENT = {
  ...{ id: "billing", does: "captures the payment", group: "orders", owner: "payments", criticality: "P0" },
  ...{
    health: "healthy",
    verdict: "working",
    version: "0.1.0",
    labels: {},
    waiting: null,
    desired: { state: "running" },
  },
};

function fetchOf({ url }: BackendSrvRequest) {
  if (!/\/agents\?/.test(url)) return throwError(() => ({ status: 404, data: null }));
  const body = { agents: [AGENT], matched: 1, problems: [] };
  return of({ status: 200, data: JSON.stringify(body), headers: new Headers() });
}

const Chosen = () => <output>{useContextChoice(placeNow())?.name ?? "the whole fleet"}</output>;

test("a filter counts against all whom one looks at, so that nobody reads it as the fleet", async () => {
  setBackendSrv({ fetch: fetchOf, chunked: () => NEVER } as unknown as BackendSrv);
  locationService.push("/a/rollcall-fleet-app/agents?q=zzz");
  await agents.read();
  render(<Agents />);
  expect(screen.getByTestId("counts").textContent).toBe("0 of 1");
});

test("Clear takes away everything that narrows the list, also what is remembered from another page", async () => {
  setBackendSrv({ fetch: fetchOf, chunked: () => NEVER } as unknown as BackendSrv);
  chooseContext({ kind: "group", name: "content" });
  locationService.push("/a/rollcall-fleet-app/agents?q=zzz&version=9.9&view=tree");
  await agents.read();
  render(
    <>
      <Agents />
      <Chosen />
    </>,
  );
  expect(screen.getByTestId("counts").textContent).toBe("0 expected");
  const nobody = within(screen.getByText(/^No agent fits/));
  fireEvent.click(nobody.getByRole("button", { name: "Clear" }));
  await screen.findByText("the whole fleet");
  expect([...placeNow().query]).toEqual([["view", "tree"]]);
  expect(screen.getByTestId("counts").textContent).toBe("1 expected · 1 healthy");
});
