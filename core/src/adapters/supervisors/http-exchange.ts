import { type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

/** Where a runtime listens: a Unix socket of this machine, or an address, with the certificate authority it is known by. */
export type Endpoint = { readonly socketPath: string } | { readonly url: URL; readonly ca?: string | undefined };

/** One request to a runtime. */
export interface Exchange {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** From the root on, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly timeoutMs: number;
  /** Of a longer answer only the beginning is read; left out: a longer answer than 16 MB is an error. */
  readonly mostBytes?: number;
}

/** What was answered. */
export interface Answered {
  readonly status: number;
  readonly body: Buffer;
  /** There is more of it that was not read. */
  readonly isCut: boolean;
}

// A list of 10,000 pods is some 100 MB; nothing here asks for one.
const MOST_BYTES = 16 * 1024 * 1024;

/** @throws Error of the network, or when the time is over */
export function exchangeHttp(
  endpoint: Endpoint,
  { method, path, headers, body, timeoutMs, mostBytes }: Exchange,
): Promise<Answered> {
  const content = body === undefined ? null : Buffer.from(JSON.stringify(body));
  const sent = content === null ? {} : { "content-type": "application/json", "content-length": content.byteLength };
  const options: RequestOptions = {
    ...addressOf(endpoint, path),
    ...{ method, headers: { ...sent, ...headers }, signal: AbortSignal.timeout(timeoutMs) },
  };
  const isTls = "url" in endpoint && endpoint.url.protocol === "https:";
  return new Promise((resolve, reject) => {
    const outgoing = (isTls ? requestHttps : requestHttp)(options, (answer) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      answer.on("data", (part: Buffer) => {
        parts.push(part);
        bytes += part.byteLength;
        if (mostBytes !== undefined && bytes >= mostBytes) {
          resolve({ status: answer.statusCode ?? 500, body: Buffer.concat(parts), isCut: true });
          answer.destroy();
        } else if (bytes > MOST_BYTES) answer.destroy(new Error(`the answer is larger than ${MOST_BYTES} bytes`));
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 500, body: Buffer.concat(parts), isCut: false }));
      answer.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(content ?? undefined);
  });
}

function addressOf(endpoint: Endpoint, path: string): RequestOptions & { ca?: string } {
  if ("socketPath" in endpoint) return { socketPath: endpoint.socketPath, path };
  const { hostname, port, pathname } = endpoint.url;
  const below = `${pathname.replace(/\/$/, "")}${path}`;
  return { hostname, path: below, ...(port !== "" && { port }), ...(endpoint.ca !== undefined && { ca: endpoint.ca }) };
}
