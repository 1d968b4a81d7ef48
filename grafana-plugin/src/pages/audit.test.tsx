import { type BackendSrv, type BackendSrvRequest, locationService, setBackendSrv } from "@grafana/runtime";
import { cleanup, render, screen } from "@testing-library/react";
import { NEVER, of, throwError } from "rxjs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readPlace } from "../parts/place.ts";
import Audit from "./audit.tsx";
import { searchOf } from "./audit-filters.tsx";

const row = (detail: object) => ({
  ...{ seq: 7, at: new Date(Date.now() - 120_000).toISOString(), event: "verify", actor: "olga", door: "slack" },
  ...{ command: "audit-verify", targets: [], decision: null, rule: null, reason: null, operationId: null },
  ...{ requestId: null, hash: "0", detail },
});

/** What was found at the last check; null: there was none. */
let checked: object | null;
let asked: string[];

function fetchOf({ url }: BackendSrvRequest) {
  asked.push(url);
  if (!url.includes("/audit")) return throwError(() => ({ status: 404, data: null }));
  const rows = url.includes("event=verify") && checked !== null ? [row(checked)] : [];
  return of({ status: 200, data: JSON.stringify({ rows, next: null }), headers: new Headers() });
}

beforeEach(() => {
  [checked, asked] = [null, []];
  setBackendSrv({ fetch: fetchOf, chunked: () => NEVER } as unknown as BackendSrv);
  locationService.replace("/a/rollcall-fleet-app/audit");
});
afterEach(cleanup);

const said = async (words: RegExp | string): Promise<void> => void (await screen.findByText(words));

describe("the page of the audit log", () => {
  test("says how many rows were unbroken when somebody checked last", async () => {
    checked = { rows: 41_207, firstBad: null };
    render(<Audit />);
    await said(/^41,207 rows, unbroken, checked 2 min ago$/);
  });

  test("says where it is broken", async () => {
    checked = { rows: 12, firstBad: { seq: 13 } };
    render(<Audit />);
    await said(/^■ Broken at a-13, checked 2 min ago$/);
  });

  test("says that nobody has checked it", async () => {
    render(<Audit />);
    await said("Nobody has checked yet whether the rows are unbroken.");
  });

  test("searches by what the address says, and shows it in its fields", async () => {
    locationService.replace("/a/rollcall-fleet-app/audit?target=billing&door=slack");
    render(<Audit />);
    expect(await screen.findByDisplayValue("billing")).toBeTruthy();
    expect(asked.some((url) => url.endsWith("limit=100&target=billing&door=slack"))).toBe(true);
  });
});

describe("a search of the audit log", () => {
  const search = (query: string, agent: string | null = null) =>
    Object.fromEntries(new URLSearchParams(searchOf(readPlace(`/a/rollcall-fleet-app/audit?${query}`), agent)));

  test("is narrowed to the agent that all pages look at, unless it names another", () => {
    expect(search("", "billing")).toEqual({ target: "billing" });
    expect(search("target=crm-chat", "billing")).toEqual({ target: "crm-chat" });
  });

  test("takes moments and times before now, and no end where that is now", () => {
    expect(search("from=1795142452000&to=1795142453000")).toEqual({
      ...{ from: "2026-11-20T02:40:52.000Z", to: "2026-11-20T02:40:53.000Z" },
    });
    const { from = "", ...rest } = search("from=now-24h&to=now");
    expect(rest).toEqual({});
    expect(Math.abs(Date.now() - 86_400_000 - Date.parse(from))).toBeLessThan(60_000);
  });

  test("leaves out what is too short to search for, and half a range", () => {
    expect(search("text=a&actor=&from=now-1h")).toEqual({});
  });
});
