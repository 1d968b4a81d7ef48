import { readFile } from "node:fs/promises";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import type { ProbeTarget } from "./collectors-file.ts";

/** What one request found. null: not known. */
export interface Probed {
  /** Whether it was answered in time with a status that is expected. */
  readonly isUp: boolean;
  readonly status: number | null;
  /** Until the whole answer was there. */
  readonly seconds: number | null;
  /** ms since the epoch; of TLS only. */
  readonly certificateEndsAt: number | null;
}

// An answer is read to its end for its time, but not kept.
const MOST_BYTES = 10 * 1024 * 1024;

/** Asks once, over a connection of its own, and follows no redirection. Never throws: what went wrong is the finding. */
export async function probe(target: ProbeTarget, timeoutMs: number): Promise<Probed> {
  const signal = AbortSignal.timeout(timeoutMs);
  const startedAt = performance.now();
  let socket: TLSSocket | null = null;
  let certificateEndsAt: number | null = null;
  try {
    const headers = await headersOf(target);
    if (target.url.startsWith("https:")) {
      socket = await openTls(target, signal);
      certificateEndsAt = endOf(socket);
      if (!socket.authorized) throw socket.authorizationError;
    }
    const status = await exchange(target.url, { headers, signal, socket });
    const seconds = (performance.now() - startedAt) / 1000;
    return { isUp: target.expectStatus.includes(status), status, seconds, certificateEndsAt };
  } catch {
    return { isUp: false, status: null, seconds: null, certificateEndsAt };
  } finally {
    socket?.destroy();
  }
}

async function headersOf({ authorizationFile }: ProbeTarget): Promise<Record<string, string>> {
  if (authorizationFile === undefined) return {};
  // Read each time, so that a token may be changed under way.
  return { authorization: (await readFile(authorizationFile, "utf8")).trim() };
}

/**
 * A connection whose certificate may be looked at before anything is sent: one that is not trusted has an end too, and gets no
 * token.
 */
async function openTls({ url, caFile }: ProbeTarget, signal: AbortSignal): Promise<TLSSocket> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const ca = caFile === undefined ? {} : { ca: await readFile(caFile, "utf8") };
  const name = isIP(host) ? {} : { servername: host };
  const socket = connect({ host, port: Number(port || 443), rejectUnauthorized: false, ...name, ...ca });
  const onAbort = () => void socket.destroy(new Error("no answer in time"));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  return new Promise((resolve, reject) => {
    socket.once("secureConnect", () => resolve(socket));
    // For as long as the connection is open.
    socket.on("error", reject);
    socket.on("close", () => {
      signal.removeEventListener("abort", onAbort);
      reject(new Error("the connection was closed"));
    });
  });
}

interface Exchange {
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
  /** The connection to be used; null: a new one without TLS. */
  readonly socket: TLSSocket | null;
}

function exchange(url: string, { headers, signal, socket }: Exchange): Promise<number> {
  const over = socket === null ? { agent: false as const } : { createConnection: () => socket };
  return new Promise((resolve, reject) => {
    const options = { ...over, signal, headers: { ...headers, connection: "close" } };
    const outgoing = (socket === null ? requestHttp : requestHttps)(url, options, (answer) => {
      takeAll(answer).then(() => resolve(answer.statusCode ?? 0), reject);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

function takeAll(answer: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    answer.on("data", (part: Buffer) => {
      bytes += part.byteLength;
      if (bytes > MOST_BYTES) answer.destroy(new Error(`the answer is larger than ${MOST_BYTES} bytes`));
    });
    answer.on("end", resolve);
    answer.on("error", reject);
    answer.on("close", () => reject(new Error("the answer was not sent to its end")));
  });
}

function endOf(socket: TLSSocket): number | null {
  const end = Date.parse(socket.getPeerCertificate().valid_to ?? "");
  return Number.isNaN(end) ? null : end;
}
