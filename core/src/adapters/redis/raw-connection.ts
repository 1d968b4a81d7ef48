import { connect, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { ReplyCursor, WholeReplies } from "./reply-cursor.ts";

/** Where a Redis is, and as whom to enter it. */
export interface RawAddress {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** Empty: no user is named. */
  readonly username: string;
  readonly password: string;
  readonly database: number;
  /** Shown in CLIENT LIST. */
  readonly name: string;
  /** Longest wait for a connection, and for the answers to one request. */
  readonly timeoutMs: number;
}

/** Address from `redis://user:password@host:6379/0` or `rediss://…`. @throws TypeError if it is none */
export function rawAddress(url: string, options: Pick<RawAddress, "name" | "timeoutMs">): RawAddress {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  return {
    // A URL writes an IPv6 address in brackets, and a socket takes it without.
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || 6379),
    isTls: protocol === "rediss:",
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: Number(pathname.slice(1) || 0),
    ...options,
  };
}

/** Commands as Redis reads them. */
export function encodeCommands(commands: readonly (readonly (string | number)[])[]): Buffer {
  const parts: string[] = [];
  for (const command of commands) {
    parts.push(`*${command.length}\r\n`);
    for (const word of command) {
      const text = String(word);
      parts.push(`$${Buffer.byteLength(text)}\r\n${text}\r\n`);
    }
  }
  return Buffer.from(parts.join(""));
}

const EMPTY = Buffer.alloc(0);
/** Of an answer at once. */
const READ_BYTES = 64 * 1024;
/** A buffer of this size is kept for good; a larger one until so many requests in a row have needed less than a quarter. */
const KEPT_BYTES = 1024 * 1024;
const KEPT_REQUESTS = 20;

/** A request whose replies come. */
interface Exchange {
  readonly take: (reply: ReplyCursor) => void;
  readonly replies: WholeReplies;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** Replies that have not come yet. */
  left: number;
  /** What `take` threw; the other replies are let pass, so that the next request finds its own. */
  problem: { readonly error: unknown } | null;
}

/**
 * A connection that many commands are sent on in one piece, for whoever reads much and often: no promise, string or object
 * for each. It is opened when it is needed, and again by the next request after it was lost.
 */
export class RawConnection {
  readonly #address: RawAddress;
  #socket: Socket | null = null;
  #received = EMPTY;
  #length = 0;
  #smallRequests = 0;
  #waiting: Exchange | null = null;
  readonly #cursor = new ReplyCursor(EMPTY);

  constructor(address: RawAddress) {
    this.#address = address;
  }

  /**
   * Sends commands and waits for all their replies; one request at a time.
   * @param take is handed each reply when it is there whole: Redis works on the next ones meanwhile
   * @throws Error if the connection cannot be made, is lost, or the replies are not there in time; RefusedCommand if Redis
   * does not let us in; what `take` throws, once all replies have come
   */
  async ask(request: Buffer, replies: number, take: (reply: ReplyCursor) => void): Promise<void> {
    if (this.#socket === null) await this.#open();
    await this.#exchange(request, replies, take);
  }

  close(): void {
    this.#end(new Error("Connection is closed"));
  }

  async #open(): Promise<void> {
    const { host, port, isTls, timeoutMs } = this.#address;
    const socket: Socket = isTls
      ? connectTls({ host, port, servername: host })
      : connect({ host, port, onread: readInto((data) => this.#take(socket, data)) });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    const opened = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.#lose(socket, new Error("Connection timed out")), timeoutMs);
    socket.once(isTls ? "secureConnect" : "connect", opened.resolve);
    socket.on("error", (error) => this.#lose(socket, error));
    socket.on("close", () => {
      this.#lose(socket, new Error("Connection is closed"));
      opened.reject(this.#reason ?? new Error("Connection is closed"));
    });
    if (isTls) socket.on("data", (data) => this.#take(socket, data));
    await opened.promise.finally(() => clearTimeout(timer));
    await this.#greet();
  }

  /** Why the connection was lost last. */
  #reason: Error | null = null;

  async #greet(): Promise<void> {
    const { username, password, database, name } = this.#address;
    const commands: (string | number)[][] = [];
    if (password !== "") commands.push(username === "" ? ["AUTH", password] : ["AUTH", username, password]);
    if (database !== 0) commands.push(["SELECT", database]);
    commands.push(["CLIENT", "SETNAME", name]);
    try {
      await this.#exchange(encodeCommands(commands), commands.length, (reply) => void reply.takeText());
    } catch (error) {
      this.#end(error as Error);
      throw error;
    }
  }

  #exchange(request: Buffer, replies: number, take: Exchange["take"]): Promise<void> {
    const socket = this.#socket;
    if (socket === null) return Promise.reject(this.#reason ?? new Error("Connection is closed"));
    if (this.#waiting !== null) return Promise.reject(new Error("the connection is in use"));
    this.#forgetBuffer();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting = { take, replies: new WholeReplies(), resolve, reject, left: replies, problem: null };
    const timer = setTimeout(() => this.#end(new Error("Command timed out")), this.#address.timeoutMs);
    socket.write(request);
    return promise.finally(() => clearTimeout(timer));
  }

  #forgetBuffer(): void {
    const isSmall = this.#received.length > KEPT_BYTES && this.#length < this.#received.length / 4;
    this.#smallRequests = isSmall ? this.#smallRequests + 1 : 0;
    if (this.#smallRequests > KEPT_REQUESTS) this.#received = EMPTY;
    this.#length = 0;
  }

  #take(socket: Socket, data: Buffer): void {
    // What comes unasked belongs to a request that was given up.
    if (socket !== this.#socket || this.#waiting === null) return;
    const needed = this.#length + data.length;
    if (needed > this.#received.length) {
      const longer = Buffer.allocUnsafeSlow(Math.max(READ_BYTES, needed * 2));
      this.#received.copy(longer, 0, 0, this.#length);
      this.#received = longer;
    }
    data.copy(this.#received, this.#length);
    this.#length = needed;
    this.#handOut(this.#waiting);
  }

  #handOut(exchange: Exchange): void {
    const { replies, resolve, reject } = exchange;
    while (exchange.left > 0) {
      const start = replies.next(this.#received, this.#length);
      if (start === null) break;
      exchange.left -= 1;
      this.#handOne(exchange, start);
    }
    if (exchange.left > 0) {
      if (!replies.areAll(this.#length)) return;
      this.#length = 0;
      replies.restart();
      return;
    }
    this.#waiting = null;
    if (exchange.problem === null) resolve();
    else reject(exchange.problem.error as Error);
  }

  #handOne(exchange: Exchange, start: number): void {
    if (exchange.problem !== null) return;
    this.#cursor.place(this.#received, start);
    try {
      exchange.take(this.#cursor);
    } catch (error) {
      exchange.problem = { error };
    }
  }

  #lose(socket: Socket, error: Error): void {
    if (socket === this.#socket) this.#end(error);
  }

  #end(error: Error): void {
    const [socket, waiting] = [this.#socket, this.#waiting];
    this.#socket = null;
    this.#waiting = null;
    this.#reason = error;
    socket?.destroy();
    waiting?.reject(error);
  }
}

/** Reads into one buffer: one for each piece, as is usual, is as much garbage as there are answers. */
function readInto(take: (data: Buffer) => void): OnReadOpts {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const callback = (length: number): boolean => {
    take(buffer.subarray(0, length));
    return true;
  };
  return { buffer, callback };
}
