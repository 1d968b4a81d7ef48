import { type BackendSrv, type BackendSrvRequest, setBackendSrv } from "@grafana/runtime";
import type { ApiIncidentAnswer } from "@rollcall/core/incident-contract.ts";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { NEVER, of, throwError } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Incident } from "../api/contract.ts";
import { IncidentCard } from "../parts/incident-card.tsx";

const NOW = Date.now();
const INCIDENT: Incident = {
  ...{ id: "inc-7", alertname: "AgentGone", criticality: "P0", state: "resolved", openedAt: NOW - 600_000 },
  ...{ resolvedAt: NOW - 300_000, acknowledgedBy: null, acknowledgedAt: null, acknowledgedHow: null, alerts: [] },
};
const entry = (kind: ApiIncidentAnswer["timeline"][number]["kind"], words: string, more: object = {}) => ({
  ...{ at: NOW - 500_000, kind, words, agents: [], by: null, ref: null },
  ...more,
});
const ANSWER: ApiIncidentAnswer = {
  ...{ asOf: NOW, incident: INCIDENT, helped: "restart of billing (op-481)", changes: null, runbook: null },
  timeline: [
    entry("opened", "AgentGone begins: billing"),
    entry("ordered", "restart of billing ordered by Olga (op-481)", { ref: "op-481", by: "Olga" }),
    entry("note", "the key was renewed", { by: "Olga", ref: "note-3" }),
  ],
  times: { detectedSeconds: 8, takenSeconds: 19, endedSeconds: 300 },
  operations: [],
  links: { postMortem: "/api/v1/incidents/inc-7/post-mortem?format=md" },
};

let asked: string[];
let isAway: boolean;
beforeEach(() => {
  [asked, isAway] = [[], false];
  const fetch = ({ url }: BackendSrvRequest) => {
    asked.push(url);
    if (!url.includes("/incidents/") || isAway) return throwError(() => ({ status: 503, data: null }));
    return of({ status: 200, data: JSON.stringify(ANSWER), headers: new Headers() });
  };
  setBackendSrv({ fetch, chunked: () => NEVER } as unknown as BackendSrv);
});
afterEach(cleanup);

const story = () => asked.filter((url) => url.includes("/incidents/"));

// Answers are kept from test to test, so this one is the first.
test("a course that cannot be read is said, and nothing is shown in its place", async () => {
  isAway = true;
  render(<IncidentCard incident={INCIDENT} isNamed />);
  await screen.findByRole("alert");
  expect(screen.queryByTestId("timeline")).toBeNull();
});

test("is asked for only once somebody opens it", async () => {
  const { container } = render(<IncidentCard incident={INCIDENT} />);
  expect(story()).toEqual([]);
  const details = container.querySelector("details") as HTMLDetailsElement;
  details.open = true;
  fireEvent(details, new Event("toggle"));
  await screen.findByText(/AgentGone begins: billing/);
});

test("tells the course, how long it took, what helped, and leads to what was ordered", async () => {
  render(<IncidentCard incident={INCIDENT} isNamed />);
  await screen.findByText("told after 8 s · taken after 19 s");
  expect(screen.getByText("Helped: restart of billing (op-481)")).toBeTruthy();
  expect(screen.getByText("It is not known.")).toBeTruthy();
  expect(screen.getByRole("link", { name: /restart of billing ordered/ }).getAttribute("href")).toContain("op-481");
  expect(screen.getByText(/the key was renewed/).textContent).toContain("Olga");
});

test("the post-mortem is fetched as a file", async () => {
  const click = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    asked.push(this.href);
  });
  render(<IncidentCard incident={INCIDENT} isNamed />);
  fireEvent.click(await screen.findByRole("button", { name: "Post-mortem" }));
  expect(asked.at(-1)).toContain("/api/plugin-proxy/rollcall-fleet-app/api/v1/incidents/inc-7/post-mortem?format=md");
  click.mockRestore();
});

test("what is told live of it is a reason to look again", async () => {
  const { rerender } = render(<IncidentCard incident={INCIDENT} isNamed />);
  await screen.findByText(/AgentGone begins/);
  const before = story().length;
  rerender(<IncidentCard incident={{ ...INCIDENT }} isNamed />);
  await expect.poll(() => story().length).toBeGreaterThan(before);
});
