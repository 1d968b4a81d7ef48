import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { LiveEvent } from "@rollcall/core/live-contract.ts";
import { liveEvent } from "@rollcall/core/live-contract.ts";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { createHub, HUB_LIMITS, type Hub, type HubLimits, type Outlet } from "../live/hub.ts";
import { createSources } from "../live/sources.ts";
import { callers, makeApp, operationOf } from "./app-fixture.ts";
import type { App, AppDeps } from "./deps.ts";

let app: App;
let hub: Hub;
let outlets: Outlet[];
let base: string;
const clients: { close(): void }[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await app.close();
});

async function listen(limits: Partial<HubLimits> = {}, change: (deps: AppDeps) => AppDeps = (deps) => deps) {
  hub = createHub({ ...HUB_LIMITS, ...limits });
  outlets = [];
  const live: Hub = {
    ...hub,
    join: (follower) => {
      outlets.push(follower.outlet);
      return hub.join(follower);
    },
  };
  app = makeApp((deps) => change({ ...deps, live })).app;
  base = await app.listen({ host: "127.0.0.1", port: 0 });
}

/** Follows as a program does: reads events, remembers the last id. */
async function follow(path = "", headers: Record<string, string> = callers.viewer) {
  const ending = new AbortController();
  const response = await fetch(`${base}/api/v1/live${path}`, { headers, signal: ending.signal });
  const events: LiveEvent[] = [];
  const state = { text: "", ended: false };
  const client = { response, events, state, close: () => ending.abort() };
  clients.push(client);
  if (response.status !== 200) return client;
  void (async () => {
    const decoder = new TextDecoder();
    for await (const part of response.body ?? []) {
      state.text += decoder.decode(part as Uint8Array, { stream: true });
      const blocks = state.text.split("\n\n");
      state.text = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) events.push(liveEvent.parse(JSON.parse(data)));
      }
    }
    state.ended = true;
  })().catch(() => {
    state.ended = true;
  });
  await vi.waitFor(() => expect(events[0]).toMatchObject({ type: "hello" }), 10_000);
  return client;
}

const removed = (agent: string) => ({ type: "agent-removed", topic: "agents", agent }) as const;
const untilEqual = (read: () => unknown, wanted: unknown, timeout = 10_000) =>
  vi.waitFor(() => expect(read()).toEqual(wanted), { timeout, interval: 20 });
const agentsOf = (events: readonly LiveEvent[]) =>
  events.flatMap((event) => (event.type === "agent-removed" ? [event.agent] : []));

describe("GET /api/v1/live", () => {
  test("is server-sent events with security headers, and resumes without loss", async () => {
    await listen();
    const first = await follow("?topics=agents");
    expect(first.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(first.response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(first.events[0]).toMatchObject({ topics: ["agents"], heartbeatSeconds: 15 });
    hub.publish(removed("a"));
    await untilEqual(() => agentsOf(first.events), ["a"]);
    first.close();
    await untilEqual(() => hub.followers(), 0);
    for (const name of ["b", "c"]) hub.publish(removed(name));
    const second = await follow("?topics=agents", {
      ...callers.viewer,
      "last-event-id": first.events.at(-1)?.id ?? "",
    });
    hub.publish(removed("d"));
    await untilEqual(() => agentsOf(second.events), ["b", "c", "d"]);
    const third = await follow(`?after=${first.events.at(-1)?.id}`);
    await untilEqual(() => agentsOf(third.events), ["b", "c", "d"]);
  });

  test("tells of lines only to those who ask for them", async () => {
    await listen();
    const [all, asking] = [await follow(), await follow("?topics=agents,logs")];
    expect(all.events[0]).toMatchObject({ topics: ["agents", "operations", "incidents", "requests", "roll-calls"] });
    expect([hub.followers(), hub.followers("logs")]).toEqual([2, 1]);
    hub.publish({ type: "logs", topic: "logs", newest: "7", counts: { error: 1 } });
    hub.publish(removed("a"));
    await untilEqual(() => asking.events.map(({ type }) => type), ["hello", "logs", "agent-removed"]);
    await untilEqual(() => all.events.map(({ type }) => type), ["hello", "agent-removed"]);
  });

  test.each([
    [401, {}, ""],
    [403, callers.roleless, ""],
    [403, callers.actOnly, ""],
    [400, callers.viewer, "?topics=agents,weather"],
    [400, callers.viewer, "?topics="],
  ])("refuses with %s in the usual words", async (status, headers, path) => {
    await listen();
    const { response } = await follow(path, headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code: expect.any(String), message: expect.any(String) });
    expect(hub.followers()).toBe(0);
  });

  test("one person may not have too many streams: 429 with words", async () => {
    await listen({ perPerson: 1 });
    await follow();
    const { response } = await follow();
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).not.toBeNull();
    expect(await response.json()).toMatchObject({ code: "too_many_requests", allowed: ["1 at a time"] });
  });

  test("a signal of life comes while nothing happens, and the handler's time limit does not end the stream", async () => {
    await listen({ heartbeatMs: 1_000 }, (deps) => ({ ...deps, handlerTimeoutMs: 500 }));
    const raw = connect(Number(new URL(base).port), "127.0.0.1");
    clients.push({ close: () => raw.destroy() });
    raw.write(`GET /api/v1/live HTTP/1.1\r\nhost: x\r\nauthorization: ${callers.viewer.authorization}\r\n\r\n`);
    let text = "";
    raw.on("data", (part) => {
      text += String(part);
    });
    await vi.waitFor(() => expect(text).toContain(": beat\n\n"), 10_000);
  });

  test("a client that does not read is cut off, and never has more than its buffer in our memory", async () => {
    await listen({ clientBytes: 64 * 1024, stallMs: 1_000 });
    const raw = connect(Number(new URL(base).port), "127.0.0.1");
    clients.push({ close: () => raw.destroy() });
    raw.pause();
    raw.on("error", () => undefined);
    raw.write(`GET /api/v1/live HTTP/1.1\r\nhost: x\r\nauthorization: ${callers.viewer.authorization}\r\n\r\n`);
    await untilEqual(() => hub.followers(), 1);
    let most = 0;
    const deadline = Date.now() + 15_000;
    while (hub.followers() > 0 && Date.now() < deadline) {
      for (let index = 0; index < 100; index++) hub.publish(removed("x".repeat(10_000)));
      most = Math.max(most, outlets[0]?.bufferedBytes() ?? 0);
      await delay(20);
    }
    expect(hub.followers()).toBe(0);
    expect(most).toBeLessThan(64 * 1024 + 20_000);
  });

  test("a token that was taken away ends the stream", async () => {
    let isKnown = true;
    await listen({}, (deps) => {
      const { directory } = deps.ports;
      const byToken: typeof directory.byToken = (token) => (isKnown ? directory.byToken(token) : null);
      return { ...deps, ports: { ...deps.ports, directory: { ...directory, byToken } } };
    });
    const { events, state } = await follow();
    isKnown = false;
    await untilEqual(() => state.ended, true);
    expect(events.at(-1)).toMatchObject({ type: "bye", reason: expect.stringContaining("token") });
  });

  test("100 clients see a change of an operation within a second, read once for all", async () => {
    let rows = [operationOf()];
    let reads = 0;
    await listen({ perPerson: 200 });
    const list = async () => {
      reads++;
      return rows;
    };
    const { ports } = captured();
    const sources = createSources({ ...ports, operations: { ...ports.operations, list } }, hub);
    await sources.operations();
    const followers = await Promise.all(Array.from({ length: 100 }, () => follow("?topics=operations")));
    rows = [operationOf({ state: "running", revision: 2 })];
    const begin = performance.now();
    await sources.operations();
    await vi.waitFor(
      () => expect(followers.every(({ events }) => events.some(({ type }) => type === "operation"))).toBe(true),
      { timeout: 10_000, interval: 5 },
    );
    // 250 ms of the second belong to the reader's pace; a busy machine gets five times as long here.
    expect(performance.now() - begin).toBeLessThan(5 * 750);
    expect(reads).toBe(4);
  });

  test("the end of the service is told, and does not wait for those who follow", async () => {
    await listen();
    const { events, state } = await follow();
    await app.close();
    await untilEqual(() => state.ended, true);
    expect(events.at(-1)).toMatchObject({ type: "bye" });
  });
});

function captured(): { ports: AppDeps["ports"] } {
  let ports: AppDeps["ports"] | null = null;
  makeApp((deps) => {
    ({ ports } = deps);
    return deps;
  });
  if (ports === null) throw new Error("the fixture has ports");
  return { ports };
}

async function openSocket(path = "", headers: Record<string, string> = callers.viewer) {
  const socket = new WebSocket(`${base.replace("http", "ws")}/api/v1/live/socket${path}`, { headers });
  const messages: { type: string; agent?: string; topics?: string[]; message?: string }[] = [];
  const ended = new Promise<number>((resolve) => {
    socket.on("unexpected-response", (_request, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on("close", resolve);
  });
  socket.on("error", () => undefined);
  socket.on("message", (data) => messages.push(JSON.parse(String(data)) as never));
  clients.push({ close: () => socket.terminate() });
  return { socket, messages, ended };
}

describe("GET /api/v1/live/socket", () => {
  test("sends the same events, and takes topics away and back", async () => {
    await listen();
    const { socket, messages } = await openSocket("?topics=agents");
    await untilEqual(() => messages[0]?.type, "hello");
    hub.publish(removed("a"));
    await untilEqual(() => messages.at(-1)?.agent, "a");
    socket.send('{"type":"unsubscribe","topics":["agents"]}');
    await untilEqual(() => messages.at(-1)?.topics, []);
    hub.publish(removed("unseen"));
    socket.send('{"type":"subscribe","topics":["agents","incidents"]}');
    await untilEqual(() => messages.at(-1)?.topics, ["agents", "incidents"]);
    hub.publish(removed("b"));
    await untilEqual(() => messages.flatMap(({ agent }) => agent ?? []), ["a", "b"]);
  });

  test.each(["{", "[]", '{"type":"subscribe","topics":["weather"]}', '{"type":"run"}'])(
    "answers the message %s in words and goes on",
    async (text) => {
      await listen();
      const { socket, messages } = await openSocket();
      await untilEqual(() => messages[0]?.type, "hello");
      socket.send(text);
      await untilEqual(() => messages.at(-1)?.type, "error");
      hub.publish(removed("a"));
      await untilEqual(() => messages.at(-1)?.agent, "a");
    },
  );

  test("is not opened for a stranger, and closed for one who has too many streams", async () => {
    await listen({ perPerson: 1 });
    expect(await (await openSocket("", {})).ended).toBe(401);
    const first = await openSocket();
    await untilEqual(() => first.messages[0]?.type, "hello");
    expect(await (await openSocket()).ended).toBe(1008);
    expect(await (await openSocket("", callers.roleless)).ended).toBe(1008);
  });

  test.each(["/api/v1/live/socket", "/health", "/nowhere"])(
    "an upgrade of %s that is answered with plain HTTP leaves no connection behind",
    async (path) => {
      await listen();
      const raw = connect({ port: Number(new URL(base).port), host: "127.0.0.1", allowHalfOpen: true });
      clients.push({ close: () => raw.destroy() });
      const isOver = new Promise((resolve) => raw.on("end", resolve));
      raw.resume();
      raw.write(
        `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      );
      await isOver;
    },
  );

  test("a message that is too large ends the socket and nothing else", async () => {
    await listen();
    const { socket, messages, ended } = await openSocket();
    await untilEqual(() => messages[0]?.type, "hello");
    socket.send("x".repeat(20_000));
    expect(await ended).toBe(1009);
    expect((await app.inject("/live")).statusCode).toBe(200);
  });
});
