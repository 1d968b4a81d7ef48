import { type BackendSrv, type BackendSrvRequest, locationService, setBackendSrv } from "@grafana/runtime";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { NEVER, of, throwError } from "rxjs";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Incident } from "../api/contract.ts";
import { incidents } from "../api/lists.ts";
import { chooseContext } from "../parts/context.ts";
import Alerts from "./alerts.tsx";

const OPENED_MS = Date.now() - 600_000;

function incident(id: string, agent: string, changes: Partial<Incident> = {}): Incident {
  const isFiring = changes.state !== "resolved";
  return {
    ...{ id, alertname: "AgentGone", criticality: "P0", state: "firing", openedAt: OPENED_MS, resolvedAt: null },
    ...{ acknowledgedBy: null, acknowledgedAt: null, acknowledgedHow: null },
    alerts: [
      {
        ...{ alertname: "AgentGone", agent, labels: {}, annotations: { summary: `${agent} is gone` } },
        ...{ startsAt: OPENED_MS, firing: isFiring, endedAt: null },
      },
    ],
    ...changes,
  };
}

const ended = (id: string, agent: string): Incident =>
  incident(id, agent, { state: "resolved", resolvedAt: OPENED_MS + 75_000 });

let open: Incident[];
/** null: not to be had. */
let over: Incident[] | null;

// Grafana's way to its server; what this page does not ask for is not there.
function fetchOf({ url }: BackendSrvRequest) {
  const answer = (found: readonly Incident[]) =>
    of({ status: 200, data: JSON.stringify({ asOf: Date.now(), incidents: found }), headers: new Headers() });
  if (url.endsWith("/incidents")) return answer(open);
  if (url.endsWith("/incidents?state=resolved") && over !== null) return answer(over);
  return throwError(() => ({ status: 404, data: null }));
}

beforeEach(() => {
  [open, over] = [[], []];
  setBackendSrv({ fetch: fetchOf, chunked: () => NEVER } as unknown as BackendSrv);
});
afterEach(() => {
  cleanup();
  chooseContext(null);
});

async function show(address: string): Promise<void> {
  locationService.push(`/a/rollcall-fleet-app/alerts${address}`);
  await incidents.read();
  render(<Alerts />);
  await screen.findByText(/^ended, 30 days [\d—]/);
}

const cards = (): string[] => screen.queryAllByTestId("incident").map((card) => card.textContent ?? "");

// Answers are kept from page to page, so this one is the first.
test("an alert whose end could not be read is not said to have never fired", async () => {
  over = null;
  await show("?incident=inc-9");
  expect(screen.getByText("ended, 30 days —")).toBeTruthy();
  expect(screen.getByText("What has ended is not read yet.")).toBeTruthy();
});

test("a link to an alert that has ended shows how it ended, and not that nothing happened", async () => {
  over = [ended("inc-7", "billing"), ended("inc-6", "invoices")];
  await show("?name=AgentGone&agent=billing");
  await screen.findByText("It does not fire any more.");
  expect(cards()).toHaveLength(1);
  expect(cards()[0]).toMatch(/billing is gone.*ended .*, after 75 s · nobody took it · inc-7/);
});

test("a link narrows the page in words, and what else fires is one press away", async () => {
  open = [incident("inc-8", "shipping")];
  await show("?name=AgentGone&agent=billing");
  expect(screen.getByText(/Only AgentGone billing/)).toBeTruthy();
  await screen.findByText("It does not fire, and has not in the last 30 days.");
  fireEvent.click(screen.getByRole("button", { name: "Show all alerts" }));
  await screen.findByText(/shipping is gone/);
});

test("when nothing fires the page says when it last did", async () => {
  over = [ended("inc-7", "billing")];
  await show("");
  const last = await screen.findByRole("link", { name: /^Last alert / });
  expect(last.getAttribute("href")).toContain("incident=inc-7");
});

test("each tab says what it lacks", async () => {
  await show("?tab=taken");
  expect(screen.getByText("Nobody has taken anything that fires.")).toBeTruthy();
});

test("what fires outside of the chosen group is counted, and shown once the choice is taken away", async () => {
  open = [incident("inc-8", "shipping")];
  chooseContext({ kind: "agent", name: "billing" });
  await show("");
  expect(cards()).toHaveLength(0);
  expect(screen.getByText(/1 more fires outside of what you look at/)).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Look at the whole fleet" }));
  await screen.findByText(/shipping is gone/);
});

const silenced = (id: string, agent: string): Incident =>
  incident(id, agent, {
    ...{ silencedUntil: Date.now() + 3_600_000, silencedBy: { id: "olga", name: "Olga" } },
    ...{ silencedWhy: "new key at 04:00", silence: "sil-3" },
  });

test("what is silenced has a tab of its own, and says by whom, why and by which silence", async () => {
  open = [incident("inc-8", "shipping"), silenced("inc-9", "billing")];
  await show("?tab=silenced");
  expect(screen.getByText("silenced 1")).toBeTruthy();
  expect(cards()).toHaveLength(1);
  expect(cards()[0]).toMatch(/billing is gone.* 🔕 silenced until .* by Olga: new key at 04:00 \(sil-3\)/);
});

test("the tab of what is silenced says that nothing is", async () => {
  open = [incident("inc-8", "shipping")];
  await show("?tab=silenced");
  expect(screen.getByText("Nothing that fires is silenced.")).toBeTruthy();
});

test("a card offers to silence what rings, to end what is silenced, and to give back what somebody has", async () => {
  const taken = { acknowledgedBy: { id: "sam", name: "Sam" }, acknowledgedAt: OPENED_MS };
  open = [incident("inc-8", "shipping"), { ...silenced("inc-9", "billing"), ...taken }];
  await show("");
  const labels = screen
    .getAllByTestId("incident")
    .map((card) => [...card.querySelectorAll("button")].map((button) => button.textContent));
  expect(labels).toEqual([
    expect.arrayContaining(["Acknowledge…", "Silence…", "Give…"]),
    expect.arrayContaining(["End silence…", "Give…", "Give back…"]),
  ]);
  expect(labels[0]).not.toContain("Give back…");
  expect(labels[1]).not.toContain("Silence…");
});
