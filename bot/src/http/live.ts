import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import { LIVE_TOPICS, type LiveTopic, liveRequest, USUAL_TOPICS } from "@rollcall/core/live-contract.ts";
import type { FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import { z } from "zod";
import { callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { counted, fromNamedPages, MESSAGE_BYTES, openEventStream, POLICY, socketOutlet, sseOutlet } from "./outlets.ts";
import { refusalOf } from "./still-allowed.ts";

const topicList = z
  .string()
  .max(200)
  .optional()
  .describe(`topics with commas between: ${LIVE_TOPICS.join(",")}; all but logs if not said`);
const after = z.string().max(64).optional().describe("id of the last event seen, where the header cannot be set");
const querystring = z.strictObject({ topics: topicList, after });
const ticket = z.string().max(64).optional().describe("from POST /live/ticket, for pages that cannot send a token");
const socketQuery = querystring.extend({ ticket });
type Query = z.infer<typeof socketQuery>;

const DESCRIPTION =
  "Follow first, then read the lists: what changes from then on is sent. After an event `gap` read them again. " +
  "An agent is sent when its verdict, rung, health, version, process or wanted state changes.";

/** One stream per client for all topics, as server-sent events. */
export function registerLive(api: App, deps: AppDeps): void {
  api.addHook("preClose", async () => deps.live.close());
  const stream = { tags: ["live"], summary: "Changes as server-sent events", description: DESCRIPTION, querystring };
  api.get("/live", { schema: stream }, async (request, reply) => {
    const follower = followerOf(deps, request);
    counted(deps, "sse", () => deps.live.admit(follower.person));
    const raw = openEventStream(reply);
    const joined = deps.live.join({ ...follower, outlet: sseOutlet(raw) });
    deps.metrics.live.opened("sse");
    raw.once("close", () => deps.metrics.live.closed("sse"));
    raw.on("drain", joined.pump);
    raw.on("close", joined.leave);
    raw.on("error", joined.leave);
  });
}

/** The same over a WebSocket. */
export function registerLiveSocket(api: App, deps: AppDeps): void {
  const schema = {
    ...{ tags: ["live"], summary: "Changes over a WebSocket", description: DESCRIPTION },
    querystring: socketQuery,
  };
  const options = { schema, websocket: true, onRequest: fromNamedPages(deps) } as const;
  api.get("/live/socket", options, (ws, request) => followOverSocket(ws, request as FastifyRequest, deps));
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
    refusal: refusalOf(caller, request, deps),
  };
}

/** What is sent to who names nothing; a ticket for logs alone says it. */
function usualOf(allowed: readonly LiveTopic[]): readonly LiveTopic[] {
  const usual = allowed.filter((topic) => USUAL_TOPICS.includes(topic));
  return usual.length === 0 ? allowed : usual;
}

function topicsIn(text: string | undefined, allowed: readonly LiveTopic[]): Set<LiveTopic> {
  const names = text === undefined ? usualOf(allowed) : text.split(",").filter((name) => name !== "");
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
