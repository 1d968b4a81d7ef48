import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDocker } from "@rollcall/core/adapters/supervisors/docker.ts";
import { KeptProgram } from "./kept-program.ts";
import type { RuntimeStage } from "./stage.ts";

/** A stage whose Engine others ask, too. */
export interface DockerStage extends RuntimeStage {
  readonly socketPath: string;
}

/**
 * Stands for a Docker Engine: the seven requests of its API 1.44 that are used, with the answers and refusals that its reference
 * gives (docs.docker.com/reference/api/engine/version/v1.44). Every other request is refused as the Engine refuses it.
 */
export async function startDockerEngine(): Promise<DockerStage> {
  const containers = new Map<string, KeptProgram>();
  const socketPath = join(tmpdir(), `docker-${process.pid}-${Date.now()}.sock`);
  const server = createServer((incoming, outgoing) => void answer(containers, { incoming, outgoing }));
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    kind: "docker",
    socketPath,
    runtime: createDocker({ socketPath }),
    add: async (name, program) => void containers.set(name, new KeptProgram(program)),
    isAlive: async (name) => containers.get(name)?.isRunning ?? false,
    goAway: () => closeServer(server),
    async close() {
      for (const container of containers.values()) container.signal("SIGKILL");
      await closeServer(server);
      await rm(socketPath, { force: true });
    },
  };
}

export function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

interface Request {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

const API = /^\/v1\.44\/containers\/([^/]+)\/(json|start|stop|logs|stats)$/;
const METHODS: Readonly<Record<string, string>> = {
  json: "GET",
  logs: "GET",
  stats: "GET",
  start: "POST",
  stop: "POST",
};

async function answer(
  containers: ReadonlyMap<string, KeptProgram>,
  { incoming, outgoing }: Request,
): Promise<ServerResponse> {
  incoming.resume();
  const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://docker");
  if (pathname === "/v1.44/containers/json" && incoming.method === "GET") {
    const all = [...containers].filter(([, { pid }]) => pid !== null || searchParams.get("all") === "true");
    return sendJson(outgoing, all.map(list));
  }
  const [, name = "", does = ""] = API.exec(pathname) ?? [];
  if (does === "" || METHODS[does] !== incoming.method) return refuse(outgoing, 404, "page not found");
  const container = containers.get(decodeURIComponent(name));
  if (container === undefined) return refuse(outgoing, 404, `No such container: ${name}`);
  if (does === "json") return sendJson(outgoing, describe(name, container));
  if (does === "stats") return sendJson(outgoing, usage(container, searchParams));
  if (does === "logs") return sendLogs(outgoing, container, searchParams);
  if (does === "start") return start(outgoing, container);
  return stop(outgoing, container, searchParams.get("t"));
}

async function start(outgoing: ServerResponse, container: KeptProgram): Promise<ServerResponse> {
  if (container.isRunning) return outgoing.writeHead(304).end();
  await container.start();
  return outgoing.writeHead(204).end();
}

async function stop(outgoing: ServerResponse, container: KeptProgram, seconds: string | null): Promise<ServerResponse> {
  if (seconds !== null && !/^-?\d+$/.test(seconds)) {
    return refuse(outgoing, 400, `strconv.Atoi: parsing "${seconds}": invalid syntax`);
  }
  if (!container.isRunning) return outgoing.writeHead(304).end();
  container.signal("SIGTERM");
  if (!(await container.endsWithin(Number(seconds ?? 10) * 1000))) {
    container.signal("SIGKILL");
    await container.endsWithin(5000);
  }
  return outgoing.writeHead(204).end();
}

function describe(name: string, container: KeptProgram): unknown {
  const { pid, startedAt, exit } = container;
  const moment = (at: number | null | undefined): string =>
    at === null || at === undefined ? "0001-01-01T00:00:00Z" : new Date(at).toISOString();
  const code = exit?.code ?? (exit?.signal === "SIGKILL" ? 137 : 0);
  return {
    Id: Buffer.from(name).toString("hex").padEnd(64, "0"),
    Name: `/${name}`,
    RestartCount: 0,
    Config: { Tty: false },
    State: {
      Status: pid !== null ? "running" : startedAt === null ? "created" : "exited",
      ...{ Running: pid !== null, Paused: false, Restarting: false, OOMKilled: false, Dead: false },
      ...{ Pid: pid ?? 0, ExitCode: code, Error: "" },
      ...{ StartedAt: moment(startedAt), FinishedAt: moment(exit?.at) },
    },
  };
}

const list = ([name, { pid }]: readonly [string, KeptProgram]) => ({
  Id: Buffer.from(name).toString("hex").padEnd(64, "0"),
  Names: [`/${name}`],
  State: pid === null ? "exited" : "running",
});

/** A container that does not run has no figures; without `stream=false` the Engine would go on for ever. */
function usage({ pid }: KeptProgram, query: URLSearchParams): unknown {
  if (query.get("stream") !== "false") return { message: "this stand-in sends no stream" };
  if (pid === null) return { cpu_stats: { cpu_usage: { total_usage: 0 } }, memory_stats: {} };
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) *
    1024;
  const ticks = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ").slice(11, 13).map(Number) ?? [];
  const spent = ticks.reduce((sum, value) => sum + value, 0);
  return {
    cpu_stats: { cpu_usage: { total_usage: spent * 1e7 } },
    memory_stats: { usage: field("VmRSS"), stats: { inactive_file: 0 } },
  };
}

/** Both streams in the order in which they were written; `since` is a number of seconds with up to nine digits behind it. */
function sendLogs(outgoing: ServerResponse, { written }: KeptProgram, query: URLSearchParams): ServerResponse {
  const streams = [query.get("stdout") === "true", query.get("stderr") === "true"];
  if (!streams.includes(true)) return refuse(outgoing, 400, "Bad parameters: you must choose at least one stream");
  const since = query.get("since") ?? "0";
  if (!/^\d+(\.\d{1,9})?$/.test(since))
    return refuse(outgoing, 400, `strconv.ParseInt: parsing "${since}": invalid syntax`);
  outgoing.writeHead(200, { "content-type": "application/vnd.docker.multiplexed-stream" });
  const tail = query.get("tail");
  const lines = written
    .filter(({ at, isError }) => streams[isError ? 1 : 0] && at >= Math.floor(Number(since) * 1000))
    .slice(tail === null || tail === "all" ? 0 : -Number(tail));
  for (const { text, at, isError } of lines) {
    const stamp = query.get("timestamps") === "true" ? `${stampOf(at)} ` : "";
    const line = Buffer.from(`${stamp}${text}\n`);
    const head = Buffer.from([isError ? 2 : 1, 0, 0, 0, 0, 0, 0, 0]);
    head.writeUInt32BE(line.byteLength, 4);
    outgoing.write(Buffer.concat([head, line]));
  }
  return outgoing.end();
}

/** RFC 3339 with nanoseconds, as the Engine writes it. */
export const stampOf = (at: number): string => new Date(at).toISOString().replace("Z", "000000Z");

function sendJson(outgoing: ServerResponse, content: unknown, status = 200): ServerResponse {
  return outgoing.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
}

const refuse = (outgoing: ServerResponse, status: number, message: string): ServerResponse =>
  sendJson(outgoing, { message }, status);
