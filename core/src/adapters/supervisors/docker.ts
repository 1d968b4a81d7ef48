import { z } from "zod";
import { Failure, isFailure } from "../../domain/failure.ts";
import type { Runtime, RuntimeState } from "../../ports/runtime.ts";
import { linesOfLog, logQuery, MOST_LOG_BYTES } from "./docker-logs.ts";
import { type Answered, type Endpoint, type Exchange, exchangeHttp } from "./http-exchange.ts";
import { readEach } from "./stamped-logs.ts";

const LABEL = "Docker";
// API 1.44 is that of Engine 25, and the oldest that Engine 29 still speaks: docs.docker.com/reference/api/engine/version-history
const API = "/v1.44";
const TIMEOUT_MS = 3000;

// ContainerInspect of the Engine API; the fields that are read.
const container = z.object({
  State: z.object({
    Status: z.enum(["created", "running", "paused", "restarting", "removing", "exited", "dead"]),
    Running: z.boolean(),
    Pid: z.number().int(),
    ExitCode: z.number().int(),
    OOMKilled: z.boolean(),
    Error: z.string(),
    StartedAt: z.string(),
    FinishedAt: z.string(),
  }),
  Config: z.object({ Tty: z.boolean() }),
});
type Container = z.infer<typeof container>;
const refusal = z.object({ message: z.string() });

/** Containers of a Docker Engine, known by their names, which must be there; none is made or removed. */
export function createDocker(endpoint: Endpoint): Runtime {
  const ask = async (
    does: string,
    exchange: Omit<Exchange, "timeoutMs"> & { timeoutMs?: number },
  ): Promise<Answered> => {
    const whole = { timeoutMs: TIMEOUT_MS, ...exchange, path: `${API}${exchange.path}` };
    const answered = await exchangeHttp(endpoint, whole).catch((cause: unknown) => {
      throw new Failure("unavailable", `${LABEL} does not answer`, { cause });
    });
    if (answered.status < 400 || answered.status === 404) return answered;
    throw new Failure("unavailable", `${LABEL} did not ${does}: ${wordsOf(answered)}`);
  };
  const change = async (
    does: string,
    { name, path, timeoutMs }: { name: string; path: string; timeoutMs?: number },
  ) => {
    const answered = await ask(`${does} ${name}`, {
      method: "POST",
      path,
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
    // 304: it is so already.
    if (answered.status === 404) throw new Failure("unavailable", `${LABEL} has no container ${name}`);
  };
  const of = (name: string): string => `/containers/${encodeURIComponent(name)}`;
  return {
    label: LABEL,
    async inspect(name) {
      const answered = await ask(`inspect ${name}`, { method: "GET", path: `${of(name)}/json` });
      if (answered.status === 404) return null;
      const found = parse(answered, container);
      const logs = `${of(name)}/logs?stdout=false&stderr=true&tail=5`;
      const said = await ask(`read the log of ${name}`, { method: "GET", path: logs }).catch(orNothing);
      return stateOf(found, said === null ? [] : lines(said.body, found.Config.Tty));
    },
    start: (name) => change("start", { name, path: `${of(name)}/start` }),
    stop(name, graceMs) {
      // Docker itself ends it by force after so many seconds, and answers when it has.
      const seconds = Math.ceil(graceMs / 1000);
      const timeoutMs = TIMEOUT_MS + seconds * 1000;
      return change("stop", { name, path: `${of(name)}/stop?t=${seconds}`, timeoutMs });
    },
    logs: (names, cursor) =>
      readEach(names, cursor, async (name, place) => {
        const path = `${of(name)}/logs?${logQuery(place)}`;
        const exchange = { method: "GET", path, mostBytes: MOST_LOG_BYTES } as const;
        const { status, body, isCut } = await ask(`read the log of ${name}`, exchange);
        return status === 404 ? null : { lines: linesOfLog(body, isCut), isCut };
      }),
  };
}

/** Logging drivers that keep nothing refuse to be read; the state counts all the same. */
function orNothing(error: unknown): null {
  if (isFailure(error)) return null;
  throw error;
}

function parse<Schema extends z.ZodType>({ body }: Answered, schema: Schema): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(body.toString()));
  } catch (cause) {
    throw new Failure("unavailable", `${LABEL} answered in another form`, { cause });
  }
}

function wordsOf({ status, body }: Answered): string {
  try {
    return refusal.parse(JSON.parse(body.toString())).message.slice(0, 200);
  } catch {
    return `HTTP ${status}`;
  }
}

function stateOf({ State }: Container, lastErrors: readonly string[]): RuntimeState {
  const startedAt = momentOf(State.StartedAt);
  // A paused container's process is there, too; its heartbeats tell that it does nothing.
  if (State.Running && State.Pid > 0) return { state: "running", pid: State.Pid, startedAt, exit: null, lastErrors };
  const at = momentOf(State.FinishedAt);
  if (State.Status === "created" || at === null) {
    // Made, and perhaps could not be started: then Docker says why.
    const words = State.Error === "" ? lastErrors : [State.Error];
    return { state: "never-started", pid: null, startedAt: null, exit: null, lastErrors: words };
  }
  const signal = State.OOMKilled ? "SIGKILL" : null;
  return { state: "exited", pid: null, startedAt, exit: { code: State.ExitCode, signal, at }, lastErrors };
}

/** RFC 3339; the year 1 is Docker's "never". */
function momentOf(text: string): number | null {
  const at = Date.parse(text);
  return Number.isNaN(at) || at < 0 ? null : at;
}

// Without a terminal each piece of the log is framed: one byte stream, three of nothing, four of length, big-endian.
const FRAME_HEAD_BYTES = 8;

function lines(body: Buffer, isTerminal: boolean): string[] {
  const text = isTerminal ? body.toString() : unframe(body);
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-5);
}

function unframe(body: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + FRAME_HEAD_BYTES <= body.byteLength; ) {
    const length = body.readUInt32BE(at + 4);
    parts.push(body.subarray(at + FRAME_HEAD_BYTES, at + FRAME_HEAD_BYTES + length));
    at += FRAME_HEAD_BYTES + length;
  }
  return Buffer.concat(parts).toString();
}
