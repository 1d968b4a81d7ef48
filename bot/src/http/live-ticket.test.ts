import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createLiveTickets } from "@rollcall/core/adapters/postgres/live-tickets.ts";
import { launchChromium } from "@rollcall/test/chromium.ts";
import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { WebSocket } from "ws";
import { createHub, HUB_LIMITS, type Hub } from "../live/hub.ts";
import { callers, makeApp } from "./app-fixture.ts";
import type { App } from "./deps.ts";

const PAGE = "https://page.example.test";
let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
afterAll(() => store.close());

interface Replica {
  readonly app: App;
  readonly base: string;
  readonly hub: Hub;
  /** Takes the viewer's token away. */
  revoke(): void;
  metric(name: string): Promise<string>;
}
const replicas: Replica[] = [];
const sockets: WebSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  for (const { app } of replicas.splice(0)) {
    // fetch may have opened a connection ahead of its next request, which would be waited for.
    app.server.closeAllConnections();
    await app.close();
  }
});

/** A control service of its own; all share one PostgreSQL. */
async function startReplica(corsOrigins: readonly string[] = [PAGE], perPerson = 20): Promise<Replica> {
  const hub = createHub({ ...HUB_LIMITS, perPerson });
  let isKnown = true;
  const { app, metrics } = makeApp((deps) => {
    const { directory } = deps.ports;
    const byTokenId = (id: string) => (isKnown ? (directory.byTokenId?.(id) ?? null) : null);
    const ports = { ...deps.ports, directory: { ...directory, byTokenId } };
    return { ...deps, ports, live: hub, corsOrigins, tickets: createLiveTickets(store.pool) };
  });
  const base = await app.listen({ host: "127.0.0.1", port: 0 });
  const metric = (name: string) => metrics.registry.getSingleMetricAsString(name);
  const revoke = () => {
    isKnown = false;
  };
  replicas.push({ app, base, hub, metric, revoke });
  return replicas.at(-1) as Replica;
}

const ask = ({ base }: Replica, body: object = {}, headers: Record<string, string> = callers.viewer) =>
  fetch(`${base}/api/v1/live/ticket`, {
    ...{ method: "POST", body: JSON.stringify(body) },
    headers: { "content-type": "application/json", ...headers },
  });
const ticketOf = async (replica: Replica, body: object = {}, origin: string | null = PAGE): Promise<string> => {
  const headers = origin === null ? callers.viewer : { ...callers.viewer, origin };
  const answer = (await (await ask(replica, body, headers)).json()) as { ticket: string };
  return answer.ticket;
};

/** Opens a WebSocket as a page does. @returns what came, and the status or code with which it ended */
function open(
  { base }: Replica,
  query: string,
  { origin = PAGE, headers = {} }: { origin?: string | null; headers?: Record<string, string> } = {},
) {
  const socket = new WebSocket(`${base.replace("http", "ws")}/api/v1/live/socket${query}`, {
    headers,
    ...(origin === null ? {} : { origin }),
  });
  sockets.push(socket);
  const messages: Record<string, unknown>[] = [];
  const ended = new Promise<number>((resolve) => {
    socket.on("unexpected-response", (_request, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on("close", resolve);
  });
  socket.on("error", () => undefined);
  socket.on("message", (data) => messages.push(JSON.parse(String(data)) as Record<string, unknown>));
  return { socket, messages, ended, first: () => expect.poll(() => messages[0]?.type).toBe("hello") };
}

describe("a ticket for the live WebSocket", () => {
  test("that one replica gave out opens a stream of another, once", async () => {
    const [one, two] = [await startReplica(), await startReplica()];
    const ticket = await ticketOf(one);
    const stream = open(two, `?ticket=${ticket}`);
    await stream.first();
    expect(stream.messages[0]).toMatchObject({
      topics: ["agents", "operations", "incidents", "requests", "roll-calls"],
    });
    for (const replica of [one, two]) expect(await open(replica, `?ticket=${ticket}`).ended).toBe(401);
  });

  test("is for its topics only, at the opening and later", async () => {
    const replica = await startReplica();
    const topics = ["agents", "incidents"];
    const beyond = open(replica, `?topics=operations&ticket=${await ticketOf(replica, { topics })}`);
    expect(await beyond.ended).toBe(1008);
    const stream = open(replica, `?topics=agents&ticket=${await ticketOf(replica, { topics })}`);
    await stream.first();
    stream.socket.send('{"type":"subscribe","topics":["operations"]}');
    await expect
      .poll(() => stream.messages.at(-1))
      .toMatchObject({ type: "error", code: "forbidden", allowed: topics });
    stream.socket.send('{"type":"subscribe","topics":["incidents"]}');
    await expect.poll(() => stream.messages.at(-1)).toMatchObject({ type: "hello", topics });
    replica.hub.publish({ type: "agent-removed", topic: "agents", agent: "a" });
    await expect.poll(() => stream.messages.at(-1)).toMatchObject({ agent: "a" });
  });

  test("is worth no more than the token behind it: the stream ends when that is taken away", async () => {
    const replica = await startReplica();
    const unused = await ticketOf(replica);
    const stream = open(replica, `?ticket=${await ticketOf(replica)}`);
    await stream.first();
    replica.revoke();
    await expect
      .poll(() => stream.messages.at(-1))
      .toMatchObject({
        type: "bye",
        reason: "the token behind the ticket is not known or has expired",
      });
    await stream.ended;
    expect(await open(replica, `?ticket=${unused}`).ended).toBe(401);
  });

  test.each([
    ["a page of another origin", { origin: "https://evil.example.test" }, 403],
    ["a page of a scheme beside it", { origin: "http://page.example.test" }, 403],
    ["a page that hides its origin", { origin: "null" }, 403],
    ["no page at all", { origin: null }, 403],
    ["a page that sends a token too", { headers: callers.viewer }, 400],
  ])("does not serve %s; where it was tried it is used up", async (_, options, status) => {
    const replica = await startReplica();
    const ticket = await ticketOf(replica);
    expect(await open(replica, `?ticket=${ticket}`, options).ended).toBe(status);
    if (status === 403) expect(await open(replica, `?ticket=${ticket}`).ended).toBe(401);
    expect(replica.hub.followers()).toBe(0);
  });

  test("does not serve another named page than the one that asked for it", async () => {
    const other = "https://other.example.test";
    const replica = await startReplica([PAGE, other]);
    expect(await open(replica, `?ticket=${await ticketOf(replica)}`, { origin: other }).ended).toBe(401);
    // A server that asked on behalf of a page does not know which.
    await open(replica, `?ticket=${await ticketOf(replica, {}, null)}`, { origin: other }).first();
  });

  test.each(["", "rt_", `rt_${"0".repeat(43)}`, "x".repeat(60), `rt_${"0".repeat(43)}%00`])(
    "that was never given out (%s) opens nothing",
    async (ticket) => {
      const replica = await startReplica();
      expect(await open(replica, `?ticket=${ticket}`).ended).toBe(401);
    },
  );

  test("serves the WebSocket and nothing else", async () => {
    const replica = await startReplica();
    for (const path of ["live", "agents", "live/ticket"]) {
      const url = `${replica.base}/api/v1/${path}?ticket=${await ticketOf(replica)}`;
      const method = path === "live/ticket" ? "POST" : "GET";
      expect((await fetch(url, { method, headers: { origin: PAGE } })).status).toBe(401);
    }
  });

  test("is given to who may read, for topics that exist, to a named page", async () => {
    const replica = await startReplica();
    const status = async (body: object, headers?: Record<string, string>) => (await ask(replica, body, headers)).status;
    expect(await status({}, {})).toBe(401);
    expect(await status({}, callers.roleless)).toBe(403);
    expect(await status({}, callers.actOnly)).toBe(403);
    expect(await status({}, { ...callers.viewer, origin: "https://evil.example.test" })).toBe(403);
    expect(await status({ topics: ["weather"] })).toBe(400);
    expect(await status({ topics: [] })).toBe(400);
    expect(await status({ more: 1 })).toBe(400);
    expect(await (await ask(replica, { topics: ["agents"] })).json()).toEqual({
      ticket: expect.stringMatching(/^rt_[\w-]{43}$/),
      ...{ expiresInSeconds: 30, path: "/api/v1/live/socket", topics: ["agents"] },
    });
  });
});

describe("a token in an address", () => {
  const token = callers.viewer.authorization.replace("Bearer ", "");

  test.each(["ticket", "access_token", "topics", "after"])("as %s is refused, and not shown again", async (key) => {
    const replica = await startReplica();
    expect(await open(replica, `?${key}=${token}`).ended).toBe(400);
    for (const path of ["/api/v1/agents", "/api/v1/live", "/health"]) {
      const answer = await fetch(`${replica.base}${path}?${key}=${token}`, { headers: callers.viewer });
      const text = await answer.text();
      expect([answer.status, text.includes(token)]).toEqual([400, false]);
      expect(text).toContain("Take the token back");
    }
  });
});

describe("live metrics", () => {
  test("count open streams by kind, and those that were one too many", async () => {
    const replica = await startReplica([PAGE], 1);
    const stream = open(replica, `?ticket=${await ticketOf(replica)}`);
    await stream.first();
    expect(await replica.metric("rollcall_live_streams")).toContain('rollcall_live_streams{kind="websocket"} 1');
    const refused = await fetch(`${replica.base}/api/v1/live`, { headers: callers.viewer });
    expect([refused.status, await refused.json()]).toMatchObject([429, { code: "too_many_requests" }]);
    expect(await open(replica, `?ticket=${await ticketOf(replica)}`).ended).toBe(1008);
    const limited = await replica.metric("rollcall_live_streams_limited_total");
    expect(limited).toContain('{kind="sse"} 1');
    expect(limited).toContain('{kind="websocket"} 1');
    stream.socket.close();
    await expect.poll(() => replica.metric("rollcall_live_streams")).toContain('{kind="websocket"} 0');
    const following = new AbortController();
    await fetch(`${replica.base}/api/v1/live`, { headers: callers.viewer, signal: following.signal });
    expect(await replica.metric("rollcall_live_streams")).toContain('{kind="sse"} 1');
    following.abort();
    await expect.poll(() => replica.metric("rollcall_live_streams")).toContain('{kind="sse"} 0');
  });
});

describe("a page in Chromium", () => {
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  const servers: Server[] = [];
  beforeAll(async () => {
    browser = await launchChromium(inject("toolsDir"));
  }, 300_000);
  afterAll(async () => {
    await browser.close();
  });
  let origin: string;
  beforeEach(async () => {
    const server = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>"));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** What the page does: asks for a ticket with its token, opens the WebSocket, waits for its first message or its end. */
  async function follow(replica: Replica): Promise<string> {
    const page = await browser.newPage();
    await page.goto(origin);
    try {
      return await page.evaluate(
        async ({ base, authorization }) => {
          const headers = { authorization, "content-type": "application/json" };
          const asked = await fetch(`${base}/api/v1/live/ticket`, { method: "POST", headers, body: "{}" }).catch(
            () => null,
          );
          if (asked === null) return "no answer that a page may read";
          const { ticket, path } = (await asked.json()) as { ticket: string; path: string };
          const socket = new globalThis.WebSocket(`${base.replace("http", "ws")}${path}?ticket=${ticket}`);
          return await new Promise<string>((resolve) => {
            socket.onmessage = ({ data }) => resolve(String(JSON.parse(String(data)).type));
            socket.onclose = ({ code }) => resolve(`closed ${code}`);
          });
        },
        { base: replica.base, authorization: callers.viewer.authorization },
      );
    } finally {
      await page.close();
    }
  }

  test("of a named origin follows the fleet with a ticket; one of another origin gets none", async () => {
    expect(await follow(await startReplica([origin]))).toBe("hello");
    expect(await follow(await startReplica([PAGE]))).toBe("no answer that a page may read");
  });
});
