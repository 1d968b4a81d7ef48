import { locationService } from "@grafana/runtime";
import type { ApiLogLine } from "@rollcall/core/log-contract.ts";
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { chooseContext } from "../parts/context.ts";
import { placeNow } from "../parts/place.ts";
import { LogExport } from "./log-export.tsx";
import { LogService } from "./log-service-fixture.ts";
import Logs from "./logs.tsx";

let service: LogService;

/** jsdom lays nothing out: a list that draws only what is seen is told that it is as high as a screen. */
const SCREEN_PX = 1_000;

beforeEach(() => {
  service = new LogService();
  service.install();
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(SCREEN_PX);
  chooseContext(null);
  locationService.replace("/a/rollcall-fleet-app/logs");
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function open(query = ""): void {
  locationService.replace(`/a/rollcall-fleet-app/logs${query}`);
  render(<Logs />);
}

const searches = (): string[] =>
  service.asked.filter(({ pathname }) => pathname.endsWith("/logs")).map(({ search }) => decodeURIComponent(search));
const row = async (words: string | RegExp): Promise<HTMLElement> => {
  const found = (await screen.findByText(words)).closest("li");
  if (found === null) throw new Error(`${words} stands in no row`);
  return found;
};

describe("the page of logs", () => {
  test("shows each line with its time, how bad it is in a word, and who wrote it", async () => {
    service.write({ level: "error", source: "billing", text: "cannot read key.pem" });
    open();
    const line = await row("cannot read key.pem");
    expect(within(line).getByText("error")).toBeTruthy();
    expect(within(line).getByText("billing")).toBeTruthy();
    expect(line.querySelector("time")?.dateTime).toBe(new Date(service.lines[0]?.at ?? 0).toISOString());
  });

  test("shows what a line says by name behind its text, and marks there what was found there", async () => {
    service.write({ text: "request answered", fields: { route: "/api/v1/agents", status: "200" } });
    open("?q=request agents");
    const line = await row("request");
    expect(line.textContent).toContain("request answered route=/api/v1/agents status=200");
    expect([...line.querySelectorAll("mark")].map(({ textContent }) => textContent)).toEqual(["request", "agents"]);
  });

  test("asks for what its address says", async () => {
    open("?agent=billing&level=error&q=key&from=now-6h&to=now");
    await screen.findByText(/^No line in these 6 h/);
    expect(searches()).toEqual(["?who=billing&level=error&q=key&range=6h&limit=200"]);
    expect(screen.getByDisplayValue("billing")).toBeTruthy();
  });

  test("narrows to the group that all pages look at", async () => {
    act(() => chooseContext({ kind: "group", name: "orders" }));
    render(<Logs />);
    await screen.findByText(/^No line in these 30 min/);
    expect(searches()).toEqual(["?who=@orders&range=30m&limit=200"]);
  });

  test("of a trace looks at the whole fleet, and says so", async () => {
    act(() => chooseContext({ kind: "group", name: "orders" }));
    open("?trace=0af7");
    await screen.findByText("This page shows the whole fleet.");
    expect(searches()).toEqual(["?trace=0af7&range=30m&limit=200"]);
  });

  test("counts the lines of each level over time", async () => {
    service.write({ level: "error" });
    open();
    const chart = await screen.findByTestId("log-chart");
    await within(chart).findByText("fatal, error 1");
  });
});

describe("where there is no line, or not all of them, the page", () => {
  test("says when the nearest line was written if there is none in this time, and goes there", async () => {
    service.nearest = Date.now() - 3 * 3_600_000;
    open();
    await screen.findByText(/^No line in these 30 min; nearest /);
    fireEvent.click(screen.getByRole("button", { name: "Go" }));
    const { query } = placeNow();
    expect(Number(query.get("to"))).toBe(service.nearest + 60_000);
    expect(Number(query.get("from"))).toBe(service.nearest + 60_000 - 30 * 60_000);
  });

  test("says what is not read now, so that nobody takes silence for peace", async () => {
    const readAt = Date.now() - 120_000;
    service.places = [
      { name: "supervisor", readAt, problem: "not reachable" },
      { name: "docker", readAt, problem: null },
      { name: "journal", readAt: null, problem: null },
      { name: "files", readAt: Date.now(), problem: null },
    ];
    service.write();
    open();
    await screen.findByText(/^supervisor: not reachable since .*, lines may be missing$/);
    await screen.findByText(/^docker: not read since .*, lines may be missing$/);
    await screen.findByText("journal: not read, never read so far");
    expect(screen.queryByText(/files/)).toBeNull();
  });

  test("says why the service refuses a search, and what would be allowed", async () => {
    const message = "the pattern is none: brackets are not closed";
    service.refused = { status: 400, data: { code: "invalid_input", message, allowed: ["a regular expression"] } };
    open("?q=/(/");
    expect((await screen.findAllByText(message)).length).toBeGreaterThan(0);
    expect(screen.getAllByText("Allowed: a regular expression").length).toBeGreaterThan(0);
  });

  test("marks the words that are searched for", async () => {
    service.write({ text: "disk is full" });
    open("?q=full");
    expect((await screen.findByText("full", { selector: "mark" })).closest("li")?.textContent).toContain(
      "disk is full",
    );
  });

  test("does not follow the past", async () => {
    open("?from=1795142452000&to=1795142453000");
    await screen.findByText(/^No line/);
    expect((screen.getByRole("switch", { name: "Live" }) as HTMLInputElement).disabled).toBe(true);
  });
});

describe("one line", () => {
  const whole: Partial<ApiLogLine> = {
    ...{ level: "fatal", text: "out of memory\n    at allocate", trace: "0af7", run: "r-9", operation: "op-481" },
    ...{ fields: { order: "77" }, incidents: ["inc-7"] },
  };
  const hrefOf = (name: string): string | null => screen.getByRole("link", { name }).getAttribute("href");

  test("opens to all that it says, with links to what it belongs to", async () => {
    const { at, id } = service.write(whole);
    open(`?line=${at}.${id}`);
    const detail = await screen.findByTestId("log-detail");
    expect(detail.querySelector("pre")?.textContent).toBe(whole.text);
    expect(hrefOf("op-481")).toBe("/a/rollcall-fleet-app/operations/op-481");
    expect(hrefOf("inc-7")).toBe("/a/rollcall-fleet-app/alerts?incident=inc-7");
    expect(hrefOf("0af7")).toContain("/logs?trace=0af7&from=");
    expect(hrefOf("r-9")).toContain("/logs?run=r-9&from=");
    expect(hrefOf("77")).toContain("field=order%3A77");
  });

  test("is found by its address though it is none of the lines that are shown", async () => {
    const { at, id } = service.write({ at: 1_795_142_452_123, text: "long ago" });
    open(`?q=nothing&line=${at}.${id}`);
    await screen.findByText("long ago");
    expect(searches()).toContain("?from=1795142452123&to=1795142452124&limit=1000");
  });

  test("that is not kept any more is said to be so", async () => {
    open("?line=1795142452123.9");
    await screen.findByText("This line is not kept any more, or you may not see it.");
  });

  test.each([["j"], ["k"]])("%s leads to the newest, Enter opens it", async (key) => {
    service.write({ text: "first" });
    const { at, id } = service.write({ text: "second" });
    open();
    await screen.findByText("second");
    fireEvent.keyDown(document.body, { key });
    fireEvent.keyDown(document.body, { key: "Enter" });
    expect(placeNow().query.get("line")).toBe(`${at}.${id}`);
  });
});

describe("what an agent writes", () => {
  test.each([
    ["a script", "<script>window.broken = 1</script><img src=x onerror='window.broken = 1'>"],
    ["colours of a terminal", "\u001b[31mred\u001b[0m \u001b]0;title\u0007"],
    ["characters that turn all that follows round", "user \u202Etxt.exe\u2066 said"],
    ["eight thousand characters without a space", "x".repeat(8_000)],
    ["a link that runs a script", "javascript:alert(1)"],
  ])("is text and nothing else: %s", async (_, text) => {
    const { at, id } = service.write({ text, fields: { [text.slice(0, 40)]: text }, trace: text.slice(0, 60) });
    open(`?line=${at}.${id}&q=${encodeURIComponent(text.slice(0, 3))}`);
    const detail = await screen.findByTestId("log-detail");
    expect(window).not.toHaveProperty("broken");
    for (const place of [detail, ...document.querySelectorAll("[data-line]")]) {
      expect(place.querySelectorAll("script, img")).toHaveLength(0);
      expect(place.textContent).not.toMatch(/[^\P{Cc}\n]|[\u202A-\u202E\u2066-\u2069]/u);
      for (const link of place.querySelectorAll("a"))
        expect(link.getAttribute("href")).toMatch(/^\/a\/rollcall-fleet-app\//);
    }
    expect(document.querySelector("[data-line]")?.textContent?.length).toBeLessThan(900);
  });
});

describe("an export", () => {
  test("is of all lines that fit, by a link that the browser writes to the disk", async () => {
    const clicked: HTMLAnchorElement[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function click(this: HTMLAnchorElement) {
      clicked.push(this);
    });
    render(<LogExport search="who=billing&q=full&range=30m" />);
    fireEvent.click(screen.getByRole("button", { name: "Export" }));
    fireEvent.click(await screen.findByRole("menuitem", { name: "CSV" }));
    expect(clicked[0]?.getAttribute("href")).toBe(
      "/api/plugin-proxy/rollcall-fleet-app/api/v1/logs/export?format=csv&who=billing&q=full&range=30m",
    );
  });
});
