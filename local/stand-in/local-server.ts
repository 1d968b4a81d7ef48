import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { redact } from "@rollcall/core/secrets/redact.ts";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from "fastify";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

/**
 * A server that only this machine may use: bodies come as buffers, every error is JSON, nothing a caller sends ends it.
 * A web page of another origin, or one that reaches us by another host name, is refused.
 */
export function createLocalServer({ logLevel, bodyLimit }: { logLevel: string; bodyLimit: number }): FastifyInstance {
  const app = fastify({
    logger: { level: logLevel, hooks: { streamWrite: redact } },
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    forceCloseConnections: true,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.addHook("onRequest", async (request, reply) => {
    if (!isLocal(request))
      return reply.code(403).send({ code: "forbidden", message: "only pages of this server may call it" });
    reply.headers(HEADERS);
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ code: "not_found", message: `nothing at ${request.method} ${request.url}` }),
  );
  app.setErrorHandler((error, request, reply) => {
    const { statusCode = 500, message = "" } = error as { statusCode?: number; message?: string };
    if (statusCode >= 500) request.log.error({ err: error }, "request failed");
    const code = statusCode >= 500 ? "internal" : "invalid_input";
    return reply.code(statusCode).send({ code, message: statusCode >= 500 ? "something broke, see the log" : message });
  });
  app.get("/health", async () => ({ status: "ok" }));
  return app;
}

const SHARED = join(import.meta.dirname, "page");

/** Serves a folder's files below `/page/`, those that all pages share below `/stand-in/page/`, and `index.html` at `paths`. */
export function servePage(app: FastifyInstance, { folder, paths }: { folder: string; paths: readonly string[] }): void {
  const index = sendFrom(folder);
  for (const path of paths) app.get(path, (_request, reply) => index("index.html", reply));
  for (const [prefix, each] of [
    ["/page", folder],
    ["/stand-in/page", SHARED],
  ] as const) {
    const send = sendFrom(each);
    app.get<{ Params: { name: string } }>(`${prefix}/:name`, (request, reply) => send(request.params.name, reply));
  }
}

/** Sends the files that lie in a folder now, and no others. */
function sendFrom(folder: string): (name: string, reply: FastifyReply) => Promise<unknown> {
  const names = new Set(readdirSync(folder));
  return async (name, reply) => {
    const type = TYPES[extname(name)];
    if (type === undefined || !names.has(name)) return reply.callNotFound();
    return reply.type(type).send(await readFile(join(folder, name)));
  };
}

/** What a client listens to with an EventSource. */
export class EventStream {
  readonly #open = new Set<{ write(text: string): void; end(): void }>();

  constructor(app: FastifyInstance, path: string) {
    app.get(path, (_request, reply) => {
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      raw.write("retry: 1000\n\n");
      this.#open.add(raw);
      raw.on("close", () => this.#open.delete(raw));
    });
    // Keeps the connection alive, and finds out that a page has gone.
    const timer = setInterval(() => this.#write(": still here\n\n"), 15_000).unref();
    app.addHook("preClose", async () => {
      clearInterval(timer);
      for (const each of this.#open) each.end();
    });
  }

  send(name: string, content: unknown): void {
    this.#write(`event: ${name}\ndata: ${JSON.stringify(content)}\n\n`);
  }

  #write(text: string): void {
    for (const each of this.#open) each.write(text);
  }
}

const LOCAL_NAMES = new Set(["127.0.0.1", "localhost", "[::1]"]);

function isLocal({ headers }: FastifyRequest): boolean {
  const { host = "", origin } = headers;
  const name = host.replace(/:\d+$/, "");
  return LOCAL_NAMES.has(name) && (origin === undefined || origin === `http://${host}`);
}
