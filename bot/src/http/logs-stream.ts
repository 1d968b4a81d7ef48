import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import type { FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import { z } from "zod";
import { createLogTail, type LineFollower, type LogTail } from "../live/log-tail.ts";
import { callerOf } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { afterField, conditionsQuery, filterOf } from "./log-query.ts";
import { logsFor } from "./logs.ts";
import { counted, fromNamedPages, openEventStream, POLICY, socketOutlet, sseOutlet } from "./outlets.ts";
import { refusalOf } from "./still-allowed.ts";

const querystring = z.strictObject({ ...conditionsQuery, after: afterField() });
const ticket = z.string().max(64).optional().describe("from POST /live/ticket for the topic logs");
const socketQuery = querystring.extend({ ticket });
type Query = z.infer<typeof socketQuery>;

const description =
  "An event `line` for each line, in the order in which they were taken in; its id resumes. None is left out: while a client is slow, " +
  "or PostgreSQL is away (event `source`), lines wait. Agents are chosen when it begins. The same comes over a WebSocket at /logs/stream/socket.";

/** Lines as they come, as server-sent events. @returns who follows, for the WebSocket */
export function registerLogStream(api: App, deps: AppDeps): LogTail {
  const tail = createLogTail(
    () => ({ logs: logsOf(deps), incidents: deps.ports.incidents }),
    (error) => deps.log.error({ err: error }, "a log that was followed ended by a bug"),
  );
  api.addHook("preClose", async () => tail.close());
  const schema = { tags: ["logs"], summary: "Lines as server-sent events", description, querystring };
  api.get("/logs/stream", { schema }, async (request, reply) => {
    const follower = await followerOf(request, deps);
    counted(deps, "sse", () => tail.admit(follower.person));
    const raw = openEventStream(reply);
    const joined = tail.join({ ...follower, outlet: sseOutlet(raw) });
    deps.metrics.live.opened("sse");
    raw.once("close", () => deps.metrics.live.closed("sse"));
    raw.on("close", joined.leave);
    raw.on("error", joined.leave);
  });
  return tail;
}

/** The same over a WebSocket. */
export function registerLogSocket(api: App, deps: AppDeps, tail: LogTail): void {
  const schema = { tags: ["logs"], summary: "Lines over a WebSocket", description, querystring: socketQuery };
  const options = { schema, websocket: true, onRequest: fromNamedPages(deps) } as const;
  api.get("/logs/stream/socket", options, async (socket, request) => {
    socket.on("error", () => socket.terminate());
    try {
      await followOverSocket(socket, request as FastifyRequest, { deps, tail });
    } catch (error) {
      if (!isFailure(error)) throw error;
      // The reason of a close has room for 123 bytes.
      socket.close(POLICY, error.message.slice(0, 100));
    }
  });
}

async function followOverSocket(
  socket: WebSocket,
  request: FastifyRequest,
  { deps, tail }: { readonly deps: AppDeps; readonly tail: LogTail },
): Promise<void> {
  const allowed = callerOf(request).ticket?.topics;
  if (allowed?.includes("logs") === false)
    throw new Failure("forbidden", "the ticket is not for logs", { allowed, rule: "ticket" });
  const follower = await followerOf(request, deps);
  if (socket.readyState !== socket.OPEN) return;
  const joined = counted(deps, "websocket", () => tail.join({ ...follower, outlet: socketOutlet(socket) }));
  deps.metrics.live.opened("websocket");
  socket.once("close", () => deps.metrics.live.closed("websocket"));
  socket.on("close", joined.leave);
}

/** @throws Failure "forbidden", "unknown_agent", "invalid_input", "unavailable" */
async function followerOf(request: FastifyRequest, deps: AppDeps): Promise<Omit<LineFollower, "outlet">> {
  const logs = logsFor(request, deps.ports);
  const caller = callerOf(request);
  const query = request.query as Query;
  const filter = await filterOf(query, deps.ports);
  const newest = await logs.newest();
  // A filter that is none is refused here, in the usual words.
  await logs.after(newest, filter, 1);
  return {
    ...{ person: caller.actor.id, filter, refusal: refusalOf(caller, request, deps) },
    after: Math.min(newest, afterIn(request, query) ?? newest),
  };
}

/** @throws Failure "invalid_input" for a last id that is none of ours */
function afterIn(request: FastifyRequest, { after }: Query): number | null {
  const header = request.headers["last-event-id"];
  const id = typeof header === "string" && header !== "" ? header : after;
  if (id === undefined) return null;
  if (/^\d{1,15}$/.test(id)) return Number(id);
  throw new Failure("invalid_input", "the last id is not the id of a line", {
    found: id.slice(0, 60),
    allowed: ["the id of a line, or nothing"],
  });
}

/** @throws Failure "unavailable" */
function logsOf({ ports: { logs } }: AppDeps): NonNullable<AppDeps["ports"]["logs"]> {
  if (logs === undefined) throw new Failure("unavailable", "lines are kept in PostgreSQL, and there is none");
  return logs;
}
