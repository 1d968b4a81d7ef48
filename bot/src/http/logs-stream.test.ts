import { Failure } from "@rollcall/core/domain/failure.ts";
import { type LogStreamEvent, logStreamEvent } from "@rollcall/core/log-contract.ts";
import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { callers } from "./app-fixture.ts";
import type { App, AppDeps } from "./deps.ts";
import { createLogStage, type LogStage, lineOf } from "./logs-fixture.ts";

let store: TestStore;
let stage: LogStage;
let app: App | null = null;
let base: string;
const clients: { close(): void }[] = [];
beforeAll(async () => {
  store = await openTestStore();
  stage = createLogStage(store.pool);
});
afterAll(() => store.close());
beforeEach(() => stage.clear());
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await app?.close();
  app = null;
});

async function listen(change?: (deps: AppDeps) => AppDeps): Promise<void> {
  app = stage.app(change).app;
  base = await app.listen({ host: "127.0.0.1", port: 0 });
}

/** Follows as a program does. */
async function follow(query = "", headers: Record<string, string> = callers.viewer) {
  const ending = new AbortController();
  const response = await fetch(`${base}/api/v1/logs/stream${query}`, { headers, signal: ending.signal });
  const events: LogStreamEvent[] = [];
  const state = { text: "", ended: false };
  clients.push({ close: () => ending.abort() });
  const client = { response, events, state, close: () => ending.abort(), texts: () => textsOf(events) };
  if (response.status !== 200) return client;
  void (async () => {
    const decoder = new TextDecoder();
    for await (const part of response.body ?? []) {
      state.text += decoder.decode(part as Uint8Array, { stream: true });
      const blocks = state.text.split("\n\n");
      state.text = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data === undefined) continue;
        const event = logStreamEvent.parse(JSON.parse(data));
        expect(block).toContain(`id: ${event.id}\nevent: ${event.type}\n`);
        events.push(event);
      }
    }
    state.ended = true;
  })().catch(() => {
    state.ended = true;
  });
  await untilEqual(() => events[0]?.type, "hello");
  return client;
}

const textsOf = (events: readonly LogStreamEvent[]) =>
  events.flatMap((event) => (event.type === "line" ? [event.line.text] : []));
const untilEqual = (read: () => unknown, wanted: unknown) =>
  vi.waitFor(() => expect(read()).toEqual(wanted), { timeout: 10_000, interval: 20 });

describe("GET /api/v1/logs/stream", () => {
  test("sends each line that is taken in, with what the lists say of it, and resumes without loss", async () => {
    await listen();
    await stage.take(lineOf("before"));
    const first = await follow();
    expect(first.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(first.events[0]).toMatchObject({ heartbeatSeconds: 15 });
    await stage.take(lineOf("a"), lineOf("b"));
    await untilEqual(first.texts, ["a", "b"]);
    expect(first.events[1]).toMatchObject({ id: "2", line: { id: "2", source: "billing", incidents: ["inc-3"] } });
    first.close();
    await stage.take(lineOf("c"));
    const second = await follow("", { ...callers.viewer, "last-event-id": "2" });
    await untilEqual(second.texts, ["b", "c"]);
    const third = await follow("?after=3");
    await stage.take(lineOf("d"));
    await untilEqual(third.texts, ["c", "d"]);
    await untilEqual(second.texts, ["b", "c", "d"]);
  });

  test("sends to each what fits, and asks once for all that want the same", async () => {
    const asked: unknown[] = [];
    await listen((deps) => {
      const after: typeof stage.logs.after = async (...given) => {
        asked.push(given[1].level);
        return await stage.logs.after(...given);
      };
      return { ...deps, ports: { ...deps.ports, logs: { ...stage.logs, after } } };
    });
    const streams = [await follow("?level=error"), await follow("?level=error"), await follow("?who=invoices")];
    asked.length = 0;
    await stage.take(lineOf("bad", { level: "error" }), lineOf("mine", { source: "invoices" }));
    await untilEqual(() => streams.map((stream) => stream.texts()), [["bad"], ["bad"], ["mine"]]);
    expect(asked.toSorted()).toEqual(["error", undefined]);
    await stage.take(lineOf("bad again", { level: "fatal" }));
    await untilEqual(() => streams[1]?.texts(), ["bad", "bad again"]);
  });

  test("catches up with thousands of lines, each once and in order", async () => {
    const many = Array.from({ length: 1700 }, (_, place) => lineOf(`${place} ${"x".repeat(500)}`));
    await stage.take(...many);
    await listen();
    const stream = await follow("?after=0");
    await untilEqual(() => stream.texts().length, 1700);
    expect(stream.texts()).toEqual(many.map(({ text }) => text));
  });

  test("says that PostgreSQL is away and is back, and leaves no line out", async () => {
    let isAway = false;
    await listen((deps) => {
      const newest = () =>
        isAway ? Promise.reject(new Failure("unavailable", "PostgreSQL does not answer")) : stage.logs.newest();
      return { ...deps, ports: { ...deps.ports, logs: { ...stage.logs, newest } } };
    });
    const stream = await follow();
    isAway = true;
    await untilEqual(() => stream.events.at(-1), {
      ...{ type: "source", id: "0", state: "away", detail: "PostgreSQL does not answer" },
    });
    await stage.take(lineOf("meanwhile"));
    isAway = false;
    await untilEqual(stream.texts, ["meanwhile"]);
    expect(stream.events.map(({ type }) => type)).toEqual(["hello", "source", "source", "line"]);
  });

  test("ends when the token is taken away", async () => {
    let isKnown = true;
    await listen((deps) => {
      const { directory } = deps.ports;
      const byToken: typeof directory.byToken = (token) => (isKnown ? directory.byToken(token) : null);
      return { ...deps, ports: { ...deps.ports, directory: { ...directory, byToken } } };
    });
    const stream = await follow();
    isKnown = false;
    await untilEqual(() => stream.state.ended, true);
    expect(stream.events.at(-1)).toMatchObject({ type: "bye", reason: expect.stringContaining("token") });
    await stage.take(lineOf("secret"));
    expect(stream.texts()).toEqual([]);
  });

  test("ends with a word when the service ends", async () => {
    await listen();
    const stream = await follow();
    await app?.close();
    await untilEqual(() => stream.state.ended, true);
    expect(stream.events.at(-1)).toMatchObject({ type: "bye" });
  });

  test("is given to one person at most twenty times", async () => {
    await listen();
    for (let count = 0; count < 20; count++) await follow();
    const { response } = await follow();
    expect([response.status, await response.json()]).toMatchObject([429, { allowed: ["20 at a time"] }]);
  });

  test.each([
    [401, {}, ""],
    [403, callers.roleless, ""],
    [403, callers.actOnly, ""],
    [400, callers.viewer, "?pattern=("],
    [400, callers.viewer, "?after=x"],
    [400, callers.viewer, "?from=1"],
    [400, { ...callers.viewer, "last-event-id": "abc-1" }, ""],
    [404, callers.viewer, "?who=nobody-here"],
  ])("refuses with %i in the usual words", async (status, headers, query) => {
    await listen();
    const { response } = await follow(query, headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code: expect.any(String), message: expect.any(String) });
  });
});

describe("GET /api/v1/logs/stream/socket", () => {
  const open = (query: string, headers: Record<string, string> = callers.viewer) => {
    const socket = new WebSocket(`${base.replace("http", "ws")}/api/v1/logs/stream/socket${query}`, { headers });
    clients.push({ close: () => socket.terminate() });
    const events: LogStreamEvent[] = [];
    const state = { closed: null as number | null };
    socket.on("message", (data) => events.push(logStreamEvent.parse(JSON.parse(String(data)))));
    socket.on("close", (code) => void Object.assign(state, { closed: code }));
    socket.on(
      "unexpected-response",
      (_request, response) => void Object.assign(state, { closed: response.statusCode ?? 0 }),
    );
    socket.on("error", () => undefined);
    return { events, state };
  };

  test("sends the same lines", async () => {
    await listen();
    await stage.take(lineOf("a"));
    const { events } = open("?after=0&who=billing");
    await untilEqual(() => textsOf(events), ["a"]);
    await stage.take(lineOf("b"), lineOf("other", { source: "invoices" }));
    await untilEqual(() => textsOf(events), ["a", "b"]);
  });

  test.each([
    ["who has no role", callers.roleless, "", 1008],
    ["a pattern that is none", callers.viewer, "?pattern=(", 1008],
    ["nobody known", {}, "", 401],
    ["a page of elsewhere", { ...callers.viewer, origin: "https://evil.example" }, "", 403],
  ])("refuses %s", async (...[, headers, query, closed]) => {
    await listen();
    const { state } = open(query, headers);
    await untilEqual(() => state.closed, closed);
  });
});
