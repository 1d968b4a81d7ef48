import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { APP_ID, isRecord, type Json } from "./records.ts";

/** How a connection ends, or only seems to live: `dead` reads and answers nothing any more. */
export type Drop = "close" | "reset" | "warning" | "refresh_requested" | "dead";

export interface Envelope {
  readonly type: "slash_commands" | "interactive" | "events_api";
  readonly payload: Json;
  readonly retry_attempt?: number;
  readonly retry_reason?: string;
}

interface Connection {
  readonly socket: WebSocket;
  readonly raw: Duplex;
  /** Slack sends nothing more where it has asked the app to leave. */
  isLeaving: boolean;
}

// A ticket is for one connection, soon.
const TICKET_MS = 30_000;
const PING_MS = 5_000;
const LEAVE_MS = 10_000;
/** Of one app; Slack lets an eleventh in only to tell it to leave. */
const MOST_CONNECTIONS = 10;

/** Socket Mode: several connections of one app; each envelope goes to one of them. */
export class Sockets {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 });
  readonly #tickets = new Map<string, number>();
  readonly #waiting = new Map<string, (payload: Json) => void>();
  #connections: Connection[] = [];
  #next = 0;
  readonly #pings = setInterval(() => this.#ping(), PING_MS).unref();

  /** @param url of the stand-in @returns where the app connects, once */
  issue(url: string): string {
    const ticket = randomBytes(16).toString("hex");
    this.#tickets.set(ticket, performance.now() + TICKET_MS);
    return `${url.replace(/^http/, "ws")}/link/?ticket=${ticket}&app_id=${APP_ID}`;
  }

  attach(server: Server): void {
    server.on("upgrade", (request: IncomingMessage, raw: Duplex, head: Buffer) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
      const ticket = searchParams.get("ticket") ?? "";
      const until = this.#tickets.get(ticket) ?? 0;
      this.#tickets.delete(ticket);
      if (pathname !== "/link/" || performance.now() > until) {
        raw.end("HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n");
        return;
      }
      this.#server.handleUpgrade(request, raw, head, (socket) => this.#welcome(socket, raw));
    });
  }

  /** Connections that Slack holds for alive. */
  get open(): number {
    return this.#connections.length;
  }

  /** Sends an envelope to one connection. @returns what the app acknowledges it with; null if there is no connection */
  deliver(envelope: Envelope): Promise<Json> | null {
    const usable = this.#connections.filter(({ isLeaving }) => !isLeaving);
    const chosen = usable[this.#next++ % Math.max(usable.length, 1)];
    if (chosen === undefined) return null;
    const { promise, resolve } = Promise.withResolvers<Json>();
    const id = randomUUID();
    this.#waiting.set(id, resolve);
    const accepts_response_payload = envelope.type !== "events_api";
    chosen.socket.send(JSON.stringify({ ...envelope, envelope_id: id, accepts_response_payload }));
    return promise;
  }

  /** @returns how many were struck, the oldest first */
  drop(how: Drop, count: number): number {
    const struck = this.#connections.filter(({ isLeaving }) => !isLeaving).slice(0, count);
    for (const connection of struck) strike(connection, how);
    return struck.length;
  }

  close(): void {
    clearInterval(this.#pings);
    for (const { socket } of this.#connections) socket.terminate();
    this.#server.close();
  }

  #welcome(socket: WebSocket, raw: Duplex): void {
    socket.on("error", () => socket.terminate());
    if (this.#connections.length >= MOST_CONNECTIONS) {
      const debug_info = { host: "stand-in" };
      socket.send(JSON.stringify({ type: "disconnect", reason: "too_many_websockets", debug_info }));
      socket.close(1000);
      return;
    }
    const connection = { socket, raw, isLeaving: false };
    this.#connections.push(connection);
    socket.on("close", () => {
      this.#connections = this.#connections.filter((one) => one !== connection);
    });
    socket.on("message", (data) => this.#take(String(data)));
    const num_connections = this.#connections.length;
    socket.send(JSON.stringify({ type: "hello", num_connections, connection_info: { app_id: APP_ID } }));
  }

  #take(text: string): void {
    try {
      const message: unknown = JSON.parse(text);
      if (!isRecord(message)) return;
      const id = String(message.envelope_id);
      this.#waiting.get(id)?.(isRecord(message.payload) ? message.payload : {});
      this.#waiting.delete(id);
    } catch {
      // Slack ignores what is no acknowledgement.
    }
  }

  #ping(): void {
    for (const { socket } of this.#connections) socket.ping();
    for (const [ticket, until] of this.#tickets) if (performance.now() > until) this.#tickets.delete(ticket);
  }
}

function strike(connection: Connection, how: Drop): void {
  const { socket, raw } = connection;
  // Whoever ends a connection sends nothing more by it; one that died sends on, and nobody hears.
  connection.isLeaving = how !== "dead";
  if (how === "reset") raw.destroy();
  else if (how === "close") socket.close(1001);
  else if (how === "dead") {
    raw.removeAllListeners("data");
    raw.pause();
    socket.send = () => {};
    socket.ping = () => {};
  } else {
    socket.send(JSON.stringify({ type: "disconnect", reason: how, debug_info: { host: "stand-in" } }));
    setTimeout(() => socket.terminate(), LEAVE_MS).unref();
  }
}
