import { request } from "node:http";
import { z } from "zod";
import { Failure, isFailure } from "../../domain/failure.ts";
import type { LogSource } from "../../ports/log-source.ts";
import type { ProcessState, Supervisor } from "../../ports/supervisor.ts";
import { inSpanOfTrace } from "../../protocol/span.ts";

const TIMEOUT_MS = 2000;
// A kill answers when the process is gone.
const KILL_TIMEOUT_MS = 5000;
// Some megabytes at once after an outage.
const LOGS_TIMEOUT_MS = 5000;

const processState = z.object({
  agent: z.string(),
  state: z.enum(["running", "exited", "never-started"]),
  pid: z.number().int().nullable(),
  startedAt: z.number().nullable(),
  exit: z.object({ code: z.number().nullable(), signal: z.string().nullable(), at: z.number() }).nullable(),
  lastErrors: z.array(z.string()),
});
const stateList = z.object({ agents: z.array(processState) });
const logPiece = z.object({
  lines: z.array(
    z.object({
      ...{ source: z.string(), kind: z.enum(["agent", "service"]), text: z.string() },
      ...{ at: z.number().nullable(), isError: z.boolean() },
    }),
  ),
  ...{ cursor: z.string(), hasMore: z.boolean(), lostBytes: z.number() },
});
const outputLines = z.object({ lines: z.array(z.string()) });
const refusal = z.object({ code: z.string(), message: z.string() });

/** What the built-in supervisor can do beside the port. */
export interface BuiltInSupervisor extends Supervisor {
  /** Last lines of standard output and error. @throws Failure "unknown_agent", "unavailable" */
  output(agent: string, lines: number): Promise<string[]>;
  /** What all its agents write. */
  readonly logs: LogSource;
}

/**
 * Talks to the built-in supervisor over its unix socket, HTTP and JSON.
 * @param socketPath ROLLCALL_SUPERVISOR_SOCKET
 */
export function connectBuiltInSupervisor(socketPath: string): BuiltInSupervisor {
  const ask = <Schema extends z.ZodType>(call: Omit<Call, "socketPath">, schema: Schema): Promise<z.infer<Schema>> => {
    const attributes = call.agent === undefined ? {} : { "rollcall.agent.name": call.agent };
    return inSpanOfTrace(call.does, { kind: "client", attributes }, () => exchange({ socketPath, ...call }, schema));
  };
  const of = (agent: string): string => `/v1/agents/${encodeURIComponent(agent)}`;
  return {
    list: async () => (await ask({ does: "list processes", method: "GET", path: "/v1/agents" }, stateList)).agents,
    inspect: (agent): Promise<ProcessState> =>
      ask({ does: "inspect process", agent, method: "GET", path: of(agent) }, processState),
    start: (agent, commandId) =>
      ask(
        { does: "start process", agent, method: "POST", path: `${of(agent)}/start`, body: { commandId } },
        processState,
      ),
    kill: (agent, wish) =>
      ask(
        {
          does: "kill process",
          agent,
          method: "POST",
          path: `${of(agent)}/kill`,
          body: wish,
          timeoutMs: KILL_TIMEOUT_MS + (wish.graceMs ?? 0),
        },
        processState,
      ),
    output: async (agent, lines) =>
      (
        await ask(
          { does: "read output", agent, method: "GET", path: `${of(agent)}/output?lines=${lines}` },
          outputLines,
        )
      ).lines,
    logs: {
      name: "supervisor",
      read: (cursor) => {
        const path = cursor === null ? "/v1/logs" : `/v1/logs?after=${encodeURIComponent(cursor)}`;
        return ask({ does: "read logs", method: "GET", path, timeoutMs: LOGS_TIMEOUT_MS }, logPiece);
      },
    },
  };
}

interface Call {
  readonly socketPath: string;
  /** Name of its span. */
  readonly does: string;
  readonly agent?: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs?: number;
}

async function exchange<Schema extends z.ZodType>(call: Call, schema: Schema): Promise<z.infer<Schema>> {
  const { status, text } = await send(call).catch((error: unknown) => {
    throw isFailure(error) ? error : new Failure("unavailable", "the supervisor does not answer", { cause: error });
  });
  const json = parse(text);
  if (status >= 400) {
    const told = refusal.safeParse(json);
    if (told.success && told.data.code === "unknown_agent") throw new Failure("unknown_agent", told.data.message);
    throw new Failure("unavailable", `the supervisor refused: ${told.success ? told.data.message : `HTTP ${status}`}`);
  }
  const result = schema.safeParse(json);
  if (!result.success) {
    throw new Failure("unavailable", "the supervisor answered in another form", { cause: result.error });
  }
  return result.data;
}

function send(call: Call): Promise<{ status: number; text: string }> {
  const body = call.body === undefined ? null : JSON.stringify(call.body);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        socketPath: call.socketPath,
        method: call.method,
        path: call.path,
        headers: body === null ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        signal: AbortSignal.timeout(call.timeoutMs ?? TIMEOUT_MS),
      },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 500, text: Buffer.concat(parts).toString() }));
        answer.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body ?? undefined);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
