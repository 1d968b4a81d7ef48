import type { ServerResponse } from "node:http";
import { fastifyWebsocket } from "@fastify/websocket";
import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import { LIVE_TOPICS, type LiveTopic, liveRequest } from "@rollcall/core/live-contract.ts";
import type { FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import { z } from "zod";
import type { Outlet } from "../live/hub.ts";
import {
  type Caller,
  type CallerSession,
  callerOf,
  identify,
  knownAgain,
  requireRole,
  requireScope,
} from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { knownByGrafanaAgain } from "./grafana-door.ts";
import { originOf, requireOrigin } from "./live-ticket.ts";

const topicList = z
  .string()
  .max(200)
  .optional()
  .describe(`topics with commas between: ${LIVE_TOPICS.join(",")}; all if not said`);
const after = z.string().max(64).optional().describe("id of the last event seen, where the header cannot be set");
const querystring = z.strictObject({ topics: topicList, after });
const ticket = z.string().max(64).optional().describe("from POST /live/ticket, for pages that cannot send a token");
const socketQuery = querystring.extend({ ticket });
type Query = z.infer<typeof socketQuery>;

const DESCRIPTION =
  "Follow first, then read the lists: what changes from then on is sent. After an event `gap` read them again. " +
  "An agent is sent when its verdict, rung, health, version, process or wanted state changes.";
const MESSAGE_BYTES = 16 * 1024;

/** One stream per client for all topics: server-sent events, or a WebSocket with the same events. */
export function registerLive(api: App, deps: AppDeps): void {
  api.addHook("preClose", async () => deps.live.close());
  const stream = { tags: ["live"], summary: "Changes as server-sent events", description: DESCRIPTION, querystring };
  api.get("/live", { schema: stream }, async (request, reply) => {
    const follower = followerOf(deps, request);
    counted(deps, "sse", () => deps.live.admit(follower.person));
    const { raw } = reply;
    reply.hijack();
    raw.writeHead(200, {
      ...reply.getHeaders(),
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      // nginx holds events back without it.
      "x-accel-buffering": "no",
    } as Record<string, string>);
    raw.write("retry: 2000\n\n");
    const joined = deps.live.join({ ...follower, outlet: sseOutlet(raw) });
    deps.metrics.live.opened("sse");
    raw.once("close", () => deps.metrics.live.closed("sse"));
    raw.on("drain", joined.pump);
    raw.on("close", joined.leave);
    raw.on("error", joined.leave);
  });
  void api.register(async (scope) => {
    await scope.register(fastifyWebsocket, { options: { maxPayload: MESSAGE_BYTES } });
    const socket = {
      tags: ["live"],
      summary: "Changes over a WebSocket",
      description: DESCRIPTION,
      querystring: socketQuery,
    };
    const fromNamedPages = async (request: FastifyRequest): Promise<void> => {
      // Who came with a session was asked for our own origin already.
      if (originOf(request) !== null && request.caller?.session === undefined)
        requireOrigin(originOf(request), deps.corsOrigins);
    };
    const options = { schema: socket, websocket: true, onRequest: fromNamedPages } as const;
    (scope as App).get("/live/socket", options, (ws, request) => followOverSocket(ws, request as FastifyRequest, deps));
  });
}

/** Counts what is refused because there are too many streams. */
function counted<Result>({ metrics }: AppDeps, kind: "sse" | "websocket", join: () => Result): Result {
  try {
    return join();
  } catch (error) {
    if (isFailure(error) && error.code === "too_many_requests") metrics.live.limited(kind);
    throw error;
  }
}

/** @throws Failure "forbidden", "invalid_input" */
function followerOf(deps: AppDeps, request: FastifyRequest) {
  const caller = callerOf(request);
  requireScope(caller, "read");
  requireRole(caller, "viewer");
  const query = request.query as Query;
  const lastId = request.headers["last-event-id"];
  const allowed = caller.ticket?.topics ?? LIVE_TOPICS;
  return {
    person: caller.actor.id,
    allowed,
    topics: topicsIn(query.topics, allowed),
    after: (typeof lastId === "string" && lastId !== "" ? lastId : query.after) ?? null,
    // Asked again and again: a token that was taken away, or has expired, shows no more.
    refusal: () => {
      try {
        const now = identifyAgain(caller, request, deps);
        requireScope(now, "read");
        requireRole(now, "viewer");
        return null;
      } catch (error) {
        return isFailure(error) ? error.message : "the token cannot be checked";
      }
    },
  };
}

/** @throws Failure "unauthenticated" */
function identifyAgain({ ticket, grafana, session }: Caller, request: FastifyRequest, deps: AppDeps): Caller {
  const { ports } = deps;
  if (session !== undefined) return knownBySessionAgain(session, deps);
  if (grafana !== undefined) return knownByGrafanaAgain(request, grafana, deps);
  if (ticket === undefined) return identify(request, ports);
  const known = knownAgain(ticket.use, ports);
  if (known === null) throw new Failure("unauthenticated", "the token behind the ticket is not known or has expired");
  return known;
}

function knownBySessionAgain(session: CallerSession, { sessions }: AppDeps): Caller {
  const known = sessions?.knownAgain(session) ?? null;
  if (known === null) throw new Failure("unauthenticated", "the session has ended");
  return known;
}

function topicsIn(text: string | undefined, allowed: readonly LiveTopic[]): Set<LiveTopic> {
  const names = text === undefined ? allowed : text.split(",").filter((name) => name !== "");
  const unknown = names.find((name) => !(LIVE_TOPICS as readonly string[]).includes(name));
  const found = unknown?.slice(0, 60) ?? (names.length === 0 ? "nothing" : null);
  if (found !== null)
    throw new Failure("invalid_input", "the query's topics are not known here", { found, allowed: LIVE_TOPICS });
  const topics = names as LiveTopic[];
  const beyond = topics.find((name) => !allowed.includes(name));
  if (beyond !== undefined)
    throw new Failure("forbidden", "the ticket is not for this topic", { found: beyond, allowed, rule: "ticket" });
  return new Set(topics);
}

const sseOutlet = (raw: ServerResponse): Outlet => ({
  send: ({ id, type, json }) => void raw.write(`id: ${id}\nevent: ${type}\ndata: ${json}\n\n`),
  beat: () => void raw.write(": beat\n\n"),
  bufferedBytes: () => raw.writableLength,
  end: () => void raw.end(),
  cut: () => void raw.destroy(),
});

const POLICY = 1008;

const socketOutlet = (socket: WebSocket): Outlet => ({
  send: ({ json }) => socket.send(json),
  beat: () => socket.ping(),
  bufferedBytes: () => socket.bufferedAmount,
  end: () => socket.close(1000),
  cut: () => socket.terminate(),
});

function followOverSocket(socket: WebSocket, request: FastifyRequest, deps: AppDeps): void {
  socket.on("error", () => socket.terminate());
  try {
    const follower = followerOf(deps, request);
    const outlet = socketOutlet(socket);
    const joined = counted(deps, "websocket", () => deps.live.join({ ...follower, outlet }));
    deps.metrics.live.opened("websocket");
    socket.once("close", () => deps.metrics.live.closed("websocket"));
    socket.on("close", joined.leave);
    socket.on("message", (data) => {
      // One who asks without end and takes no answers.
      if (outlet.bufferedBytes() > MESSAGE_BYTES * 4) return socket.close(POLICY, "take the answers first");
      const problem = changeTopics(follower, String(data));
      if (problem === null) joined.topicsChanged();
      else socket.send(JSON.stringify({ type: "error", ...problem }));
    });
  } catch (error) {
    if (!isFailure(error)) throw error;
    // The reason of a close has room for 123 bytes.
    socket.close(POLICY, error.message.slice(0, 100));
  }
}

interface Problem {
  readonly code: "invalid_input" | "forbidden";
  readonly message: string;
  readonly allowed: readonly string[];
}

interface Followed {
  readonly topics: Set<LiveTopic>;
  readonly allowed: readonly LiveTopic[];
}

function changeTopics({ topics, allowed }: Followed, text: string): Problem | null {
  const parsed = liveRequest.safeParse(asJson(text));
  if (!parsed.success) {
    const message = 'a message is {"type":"subscribe" or "unsubscribe","topics":[…]}';
    return { code: "invalid_input", message, allowed };
  }
  if (parsed.data.type === "subscribe" && parsed.data.topics.some((topic) => !allowed.includes(topic)))
    return { code: "forbidden", message: "the ticket is not for this topic", allowed };
  for (const topic of parsed.data.topics) {
    if (parsed.data.type === "subscribe") topics.add(topic);
    else topics.delete(topic);
  }
  return null;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
