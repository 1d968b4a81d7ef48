import { type BackendSrv, type BackendSrvRequest, type FetchResponse, setBackendSrv } from "@grafana/runtime";
import { liveEvent } from "@rollcall/core/live-contract.ts";
import type { RollNews } from "@rollcall/core/roll-contract.ts";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type Observable, of, Subject, throwError } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { chooseContext } from "../parts/context.ts";
import RollCall from "./roll-call.tsx";

type Stream = Subject<FetchResponse<Uint8Array | undefined>>;
interface Asked extends BackendSrvRequest {
  readonly answer: Subject<FetchResponse>;
}

let stream: Stream;
let calls: Asked[];
let histories: unknown[];

const PLAIN = { context: null, fields: [], actions: [], sameAs: null };
const answered = (body: unknown) =>
  ({ status: 200, data: JSON.stringify(body), headers: new Headers() }) as FetchResponse;
const TAKEN_MS = Date.now() - 3 * 86_400_000;
const HISTORY = {
  report: {
    ...PLAIN,
    headline: "*1 roll call*, newest first",
    lines: [
      `rc-41 {{time:${TAKEN_MS}}} roll-call @orders: 7 of 8 work, 1.9 s, by Olga at slack — billing gone, was working`,
    ],
  },
  data: { rollCalls: [{ id: "rc-41", at: TAKEN_MS }] },
};

// Grafana's way to its server; what this page does not ask for is not there.
function fetchOf(request: BackendSrvRequest): Observable<FetchResponse> {
  if (request.url.endsWith("/commands/roll-call-history")) {
    histories.push(request.data);
    return of(answered(HISTORY));
  }
  if (!request.url.endsWith("/commands/roll-call")) return throwError(() => ({ status: 404, data: null }));
  const answer = new Subject<FetchResponse>();
  calls.push({ ...request, answer });
  return answer;
}

beforeEach(() => {
  [calls, histories, stream] = [[], [], new Subject()];
  setBackendSrv({ fetch: fetchOf, chunked: () => stream } as unknown as BackendSrv);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function send(event: object): void {
  const text = `data: ${JSON.stringify(liveEvent.parse({ id: "1-1", ...event }))}\n\n`;
  const part = { ok: true, status: 200, data: new TextEncoder().encode(text) };
  act(() => stream.next(part as FetchResponse<Uint8Array>));
}

const openStream = (): void => send({ type: "hello", topics: ["roll-calls"], heartbeatSeconds: 15 });

const row = (id: string, health: "healthy" | "critical"): RollNews["agents"][number] => ({
  ...{ id, health, verdict: health === "healthy" ? "working" : "gone", rung: health === "healthy" ? 5 : 0 },
  ...{ note: null, since: null, provable: 5 },
});

function tell(changes: Partial<RollNews>): void {
  const requestId = calls.at(-1)?.headers?.["X-Request-Id"] as string;
  const news = { requestId, who: [], by: "Olga", isOver: false, tookMs: 500, left: 0, called: 3 };
  send({ type: "roll-call", topic: "roll-calls", rollCall: { ...news, ...changes } });
}

/** Opens the page and presses Run. */
async function run(): Promise<void> {
  render(<RollCall />);
  openStream();
  await act(async () => void fireEvent.click(screen.getByRole("button", { name: "Run" })));
}

const rows = (): string[] => screen.queryAllByRole("rowheader").map((cell) => cell.textContent ?? "");
const progress = (): string => screen.getByTestId("roll-progress").textContent ?? "";

test("rows fill in while the roll call runs, the sick ones first, until the answer takes their place", async () => {
  await run();
  tell({ known: 1, waitingFor: ["billing", "invoices"], agents: [row("archive", "healthy")] });
  expect(rows()).toEqual(["● archive"]);
  expect(progress()).toContain("⏳ 1 of 3 known, waiting for billing, invoices · 0.5 s · as of ");
  tell({ known: 2, waitingFor: ["invoices"], agents: [row("billing", "critical")] });
  expect(rows()).toEqual(["■ billing", "● archive"]);

  const agents = [row("archive", "healthy"), row("billing", "critical"), row("invoices", "healthy")];
  const report = { ...PLAIN, headline: "*2 of 3 work*", lines: [] };
  await act(async () => {
    calls[0]?.answer.next(answered({ report, data: { at: Date.now(), tookMs: 1_900, problems: [], agents } }));
  });
  expect(screen.queryByTestId("roll-progress")).toBeNull();
  expect(screen.getByTestId("roll-headline").textContent).toContain("2 of 3 work · 1.9 s · as of ");
  expect(rows()).toEqual(["■ billing", "● archive", "● invoices"]);
});

test("what another roll call finds is not shown as found by this one", async () => {
  await run();
  tell({ requestId: "terminal-another", known: 1, waitingFor: [], agents: [row("archive", "healthy")] });
  expect(rows()).toEqual([]);
});

test("verdicts that had no room in the stream are counted", async () => {
  await run();
  tell({
    called: 900,
    known: 700,
    left: 699,
    waitingFor: ["b", "c", "d", "e", "f", "g"],
    agents: [row("a", "critical")],
  });
  expect(progress()).toContain("700 of 900 known, waiting for b, c, d, e, f and 195 more");
  expect(screen.getByText("and 699 more; the answer has them all")).toBeTruthy();
});

test("while the stream is away the page says that rows come with the answer", async () => {
  await run();
  expect(screen.queryByText(/The live stream is away/)).toBeNull();
  act(() => stream.error(new Error("cut")));
  expect(screen.getByText(/The live stream is away/)).toBeTruthy();
});

test("an answer that does not come leaves what was found, without an end of its own", async () => {
  await run();
  tell({ known: 1, waitingFor: ["billing", "invoices"], agents: [row("archive", "healthy")] });
  await act(async () => calls[0]?.answer.error({ status: 502, data: null }));
  expect(progress()).toContain("❔ 1 of 3 known, waiting for billing, invoices");
  expect(rows()).toEqual(["● archive"]);
});

test("on a phone those who are well are counted and folded away, and the others are sentences", async () => {
  const { matchMedia } = window;
  vi.stubGlobal("matchMedia", (query: string) => ({ ...matchMedia(query), matches: query.includes("max-width") }));
  await run();
  const agents = [row("billing", "critical"), row("archive", "healthy"), row("invoices", "healthy")];
  tell({ known: 3, waitingFor: [], agents });
  expect(rows()).toEqual([]);
  expect(screen.getByText("2 working").closest("details")?.open).toBe(false);
  const shown = screen.getAllByRole("listitem").filter((item) => item.closest("details") === null);
  expect(shown[0]?.textContent).toBe("■billinggone");
  expect(shown.map((item) => item.textContent).join()).not.toMatch(/archive|invoices/);
});

test("earlier roll calls are listed in the service's words, with their age and a link to compare, and anew after each", async () => {
  await run();
  const list = screen.getByTestId("earlier-rolls").textContent;
  expect(list).toMatch(
    /^rc-41 .+ roll-call @orders: 7 of 8 work, 1.9 s, by Olga at slack — billing gone, was working · 3 d ago/,
  );
  expect(screen.getByRole("link", { name: "Compare rc-41" }).getAttribute("href")).toContain("run=rc-41");
  const before = histories.length;
  await act(async () => calls[0]?.answer.error({ status: 502, data: null }));
  expect(histories.length).toBeGreaterThan(before);
});

test("the group that all pages look at stands in the field, and can be erased there", () => {
  chooseContext({ kind: "group", name: "content" });
  try {
    render(<RollCall />);
    const field = screen.getByLabelText("Who");
    expect(field).toHaveProperty("value", "@content");
    fireEvent.change(field, { target: { value: "" } });
    expect(field).toHaveProperty("value", "");
  } finally {
    act(() => chooseContext(null));
  }
});
