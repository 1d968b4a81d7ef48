import type { ServerResponse } from "node:http";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import type { Outlet } from "../live/hub.ts";
import type { AppDeps } from "./deps.ts";
import { originOf, requireOrigin } from "./live-ticket.ts";

/** The longest message that a client may send over a WebSocket. */
export const MESSAGE_BYTES = 16 * 1024;
/** Close code of a WebSocket that is refused. */
export const POLICY = 1008;

/** Takes the answer over and begins it as server-sent events. */
export function openEventStream(reply: FastifyReply): ServerResponse {
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
  return raw;
}

/** Counts what is refused because there are too many streams. */
export function counted<Result>({ metrics }: AppDeps, kind: "sse" | "websocket", join: () => Result): Result {
  try {
    return join();
  } catch (error) {
    if (isFailure(error) && error.code === "too_many_requests") metrics.live.limited(kind);
    throw error;
  }
}

/** Refuses a WebSocket that a page of an unnamed origin opens; a hook of its route. */
export const fromNamedPages =
  ({ corsOrigins }: AppDeps) =>
  async (request: FastifyRequest): Promise<void> => {
    // Who came with a session was asked for our own origin already.
    if (originOf(request) !== null && request.caller?.session === undefined)
      requireOrigin(originOf(request), corsOrigins);
  };

export const sseOutlet = (raw: ServerResponse): Outlet => ({
  send: ({ id, type, json }) => void raw.write(`id: ${id}\nevent: ${type}\ndata: ${json}\n\n`),
  beat: () => void raw.write(": beat\n\n"),
  bufferedBytes: () => raw.writableLength,
  end: () => void raw.end(),
  cut: () => void raw.destroy(),
});

export const socketOutlet = (socket: WebSocket): Outlet => ({
  send: ({ json }) => socket.send(json),
  beat: () => socket.ping(),
  bufferedBytes: () => socket.bufferedAmount,
  end: () => socket.close(1000),
  cut: () => socket.terminate(),
});
