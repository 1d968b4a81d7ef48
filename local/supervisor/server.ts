import { chmodSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import { agentId } from "@rollcall/core/protocol.ts";
import { z } from "zod";
import type { BuiltInSupervisor } from "./supervisor.ts";

const MAX_BODY_BYTES = 16 * 1024;
// A place in the logs has 64 KB at most, and about half as much again as part of an address.
const MAX_HEADER_BYTES = 160 * 1024;
const commandId = z.string().min(1).max(200);
const startBody = z.strictObject({ commandId });
const killBody = z.strictObject({
  commandId,
  pid: z.number().int().positive(),
  graceMs: z.number().int().min(0).max(60_000).default(0),
});
const lineCount = z.coerce.number().int().min(1).max(1_000).default(100);

const STATUS: Partial<Record<string, number>> = {
  unknown_agent: 404,
  not_found: 404,
  invalid_input: 400,
  unavailable: 503,
};

/** Makes the socket free to listen on. @throws Error if another supervisor listens there */
export async function claimSocket(socket: string): Promise<void> {
  if (await answers(socket)) throw new Error(`Another supervisor listens on ${socket}`);
  rmSync(socket, { force: true });
}

/** Serves a supervisor over a unix socket that only its owner can use. */
export async function serveSupervisor(
  supervisor: BuiltInSupervisor,
  { socket, onError }: { socket: string; onError: (error: unknown) => void },
): Promise<Server> {
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    respond(supervisor, request, response).catch((error: unknown) => {
      if (!isFailure(error)) onError(error);
      const code = isFailure(error) ? error.code : "internal";
      const message = error instanceof Error ? error.message : String(error);
      send(response, STATUS[code] ?? 500, { code, message });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, resolve);
  });
  server.on("error", onError);
  chmodSync(socket, 0o600);
  return server;
}

async function respond(supervisor: BuiltInSupervisor, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? "/", "http://supervisor");
  const [version, collection, name, verb, ...rest] = url.pathname.split("/").slice(1);
  if (`${request.method} ${url.pathname}` === "GET /v1/logs") {
    return send(response, 200, await supervisor.logs(url.searchParams.get("after")));
  }
  if (version !== "v1" || collection !== "agents" || rest.length > 0) throw noRoute(request);
  const route = `${request.method} ${name === undefined ? "agents" : (verb ?? "agent")}`;
  if (route === "GET agents") return send(response, 200, { agents: await supervisor.list() });
  const agent = check(agentId, name);
  if (route === "GET agent") return send(response, 200, await supervisor.inspect(agent));
  if (route === "GET output") {
    const lines = check(lineCount, url.searchParams.get("lines") ?? undefined);
    return send(response, 200, { lines: await supervisor.output(agent, lines) });
  }
  if (route === "POST start") {
    const body = check(startBody, await readJson(request));
    return send(response, 200, await supervisor.start(agent, body.commandId));
  }
  if (route === "POST kill") {
    const body = check(killBody, await readJson(request));
    return send(response, 200, await supervisor.kill(agent, body));
  }
  throw noRoute(request);
}

const noRoute = (request: IncomingMessage) =>
  new Failure("not_found", `No such route: ${request.method} ${request.url}`);

function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Failure("invalid_input", z.prettifyError(parsed.error));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MAX_BODY_BYTES) throw new Failure("invalid_input", `At most ${MAX_BODY_BYTES} bytes`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure("invalid_input", "The body is not JSON", { cause });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}
