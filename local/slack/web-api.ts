import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Args, type Method, type Parts, SlackError } from "./call.ts";
import { chatMethods } from "./chat-methods.ts";
import type { ApiFault, Faults } from "./faults.ts";
import { otherMethods } from "./other-methods.ts";
import type { RateLimits } from "./rate-limits.ts";
import { isRecord, type Json } from "./records.ts";
import type { Traffic } from "./traffic.ts";

export interface WebApiOptions {
  readonly token: string;
  /** The only token for `apps.connections.open`. */
  readonly appToken: string | null;
  readonly parts: Parts;
  readonly faults: Faults;
  readonly rateLimits: RateLimits;
  readonly traffic: Traffic;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
}

const METHODS: ReadonlyMap<string, Method> = new Map(Object.entries({ ...chatMethods, ...otherMethods }));

/** The Web API below `/api/`: every answer is JSON, refusals too. */
export function addWebApi(app: FastifyInstance, options: WebApiOptions): void {
  app.route<{ Params: { method: string } }>({
    method: ["GET", "POST"],
    url: "/api/:method",
    handler: async (request, reply) => {
      const began = performance.now();
      const { method } = request.params;
      const values = readValues(request);
      const exchange = options.traffic.begin({
        direction: "from-app",
        kind: method,
        label: labelOf(method, values),
        user: null,
        request: {
          url: request.url,
          headers: { "content-type": String(request.headers["content-type"] ?? "") },
          body: readBody(request),
        },
      });
      const fault = options.faults.takeApi(method);
      const answer = await answerCall({ method, values, request, fault }, options);
      const ms = Math.round(performance.now() - began);
      if (answer === null || fault?.kind === "lost") {
        options.traffic.end(exchange, {
          outcome: "fault",
          ms,
          answer: fault?.kind === "lost" ? "carried out, answer lost" : `${fault?.kind ?? ""}`,
        });
        breakOff(reply, fault);
        return reply;
      }
      options.traffic.end(exchange, {
        outcome: answer.body.ok === true ? "answered" : "refused",
        status: answer.status,
        ms,
        answer: JSON.stringify(answer.body),
      });
      return reply.code(answer.status).headers(answer.headers).send(answer.body);
    },
  });
}

interface Incoming {
  readonly method: string;
  readonly values: ReadonlyMap<string, unknown> | null;
  readonly request: FastifyRequest;
  readonly fault: ApiFault | null;
}

/** @returns null if the fault says that no answer comes */
async function answerCall(
  { method, values, request, fault }: Incoming,
  options: WebApiOptions,
): Promise<Answer | null> {
  if (fault !== null && fault.kind !== "lost") return answerFault(fault);
  const refusal = authorize(request, values, method === "apps.connections.open" ? options.appToken : options.token);
  if (refusal !== null) return refuse(refusal);
  const run = METHODS.get(method);
  if (run === undefined) return refuse("unknown_method");
  if (values === null) return refuse("invalid_json");
  const args = new Args(values);
  const channel = values.get("channel");
  const seconds = options.rateLimits.take(method, typeof channel === "string" ? channel : null);
  if (seconds !== null) return rateLimited(seconds);
  try {
    return ok({ ok: true, ...run(args, options.parts) });
  } catch (error) {
    if (error instanceof SlackError) return refuse(error.code, error.messages);
    request.log.error({ err: error, method }, "web api method failed");
    return refuse("fatal_error");
  }
}

function answerFault(fault: ApiFault): Answer | null {
  if (fault.kind === "ratelimited") return rateLimited(fault.retryAfterSeconds);
  if (fault.kind === "http") return { status: fault.status, headers: {}, body: { ok: false, error: "internal_error" } };
  return fault.kind === "error" ? refuse(fault.error) : null;
}

/** Leaves the caller without an answer: at once, or hanging until it gives up. */
function breakOff(reply: FastifyReply, fault: ApiFault | null): void {
  reply.hijack();
  if (fault?.kind !== "hang") reply.raw.socket?.resetAndDestroy();
}

function authorize(
  request: FastifyRequest,
  values: ReadonlyMap<string, unknown> | null,
  token: string | null,
): string | null {
  const given = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? values?.get("token");
  if (given === undefined) return "not_authed";
  return given === token ? null : "invalid_auth";
}

const ok = (body: Json): Answer => ({ status: 200, headers: {}, body });

const rateLimited = (seconds: number): Answer => ({
  status: 429,
  headers: { "retry-after": String(seconds) },
  body: { ok: false, error: "ratelimited" },
});

function refuse(error: string, messages: readonly string[] = []): Answer {
  const details = messages.length === 0 ? {} : { errors: messages, response_metadata: { messages } };
  return ok({ ok: false, error, ...details });
}

/** Arguments of query, form or JSON body; null if the body is no JSON object. */
function readValues(request: FastifyRequest): ReadonlyMap<string, unknown> | null {
  const query = isRecord(request.query) ? Object.entries(request.query) : [];
  const body = readBody(request);
  if (!String(request.headers["content-type"] ?? "").startsWith("application/json")) {
    return new Map<string, unknown>([...query, ...new URLSearchParams(body)]);
  }
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) ? new Map<string, unknown>([...query, ...Object.entries(value)]) : null;
  } catch {
    return null;
  }
}

const readBody = ({ body }: FastifyRequest): string => (Buffer.isBuffer(body) ? body.toString("utf8") : "");

function labelOf(method: string, values: ReadonlyMap<string, unknown> | null): string {
  const text = values?.get("text");
  return typeof text === "string" && text !== "" ? `${method} · ${text.slice(0, 80)}` : method;
}
