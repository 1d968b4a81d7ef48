import type { ApiError } from "@rollcall/core/contract.ts";
import { Failure, type FailureCode, isFailure } from "@rollcall/core/domain/failure.ts";
import { renderTimes } from "@rollcall/core/domain/report.ts";
import { redact } from "@rollcall/core/secrets/redact.ts";
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { z } from "zod";

declare module "fastify" {
  interface FastifyInstance {
    /** The time by which failures say when to try again, ms; not there: this host's. */
    now?(): number;
  }
}

/** The one table from a failure's code to an HTTP status. */
export const STATUS_OF: Readonly<Record<FailureCode, number>> = {
  invalid_input: 400,
  unauthenticated: 401,
  forbidden: 403,
  unknown_agent: 404,
  unknown_command: 404,
  not_found: 404,
  conflict: 409,
  expired: 410,
  too_many_requests: 429,
  unavailable: 503,
  timeout: 504,
};

/** Seconds after which to ask again: longer than a lease (6 s), so that another control service has taken over. */
const RETRY_AFTER_SECONDS = 8;

/** Fastify's own refusals of a request, in our words. */
const FRAMEWORK: Readonly<Record<string, { status: number; message: string; next?: string }>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    message: "the body is of a type that is not taken here",
    next: "Send JSON with the header content-type: application/json.",
  },
  FST_ERR_CTP_EMPTY_TYPE: {
    status: 415,
    message: "the body has no type",
    next: "Send JSON with the header content-type: application/json.",
  },
  FST_ERR_CTP_BODY_TOO_LARGE: { status: 413, message: "the body is too large" },
  FST_ERR_CTP_EMPTY_JSON_BODY: { status: 400, message: "the body is empty", next: "Send a JSON object." },
  FST_ERR_CTP_INVALID_JSON_BODY: { status: 400, message: "the body is not JSON" },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { status: 400, message: "the body is not as long as its header says" },
  FST_ERR_BAD_URL: { status: 400, message: "the address is not well-formed" },
};

interface Shown {
  readonly status: number;
  readonly body: ApiError;
}

/** What a caught value is to the client; a bug shows nothing but the id to quote. */
function showError(error: unknown, request: Pick<FastifyRequest, "id" | "routeOptions">): Shown {
  const failure = asFailure(error, request);
  if (failure !== null) return { status: STATUS_OF[failure.code], body: bodyOf(failure, request.id) };
  const framework = asFrameworkRefusal(error);
  if (framework !== null) {
    const failed = new Failure("invalid_input", framework.message, { ...framework.detail });
    return { status: framework.status, body: bodyOf(failed, request.id) };
  }
  return { status: 500, body: bug(request.id) };
}

const bodyOf = ({ code, message, detail }: Failure, id: string): ApiError => ({
  code,
  // What somebody sent is named in the answer, and may be a secret in the wrong place.
  message: redact(renderTimes(message, utcTime)),
  found: detail.found === undefined ? null : redact(detail.found),
  allowed: (detail.allowed ?? []).map((word) => redact(word)),
  next: detail.next === undefined ? null : redact(renderTimes(detail.next, utcTime)),
  id,
});

/** "02:41:30 UTC" */
const utcTime = (at: number): string => `${new Date(at).toISOString().slice(11, 19)} UTC`;

const bug = (id: string): ApiError => ({
  code: "bug",
  message: `something broke, id ${id}`,
  found: null,
  allowed: [],
  next: "Quote the id to whoever runs this service; its log has the cause.",
  id,
});

function asFailure(error: unknown, request: Pick<FastifyRequest, "routeOptions">): Failure | null {
  if (isFailure(error)) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return describeMismatch(error, request);
  if ((error as FastifyError | null)?.code !== "FST_ERR_HANDLER_TIMEOUT") return null;
  return new Failure("timeout", "no answer in time", {
    next: "A command may have been accepted: ask again with the same Idempotency-Key, or look at /api/v1/operations.",
  });
}

function asFrameworkRefusal(error: unknown): { status: number; message: string; detail: { next?: string } } | null {
  const { code, statusCode } = (error ?? {}) as Partial<FastifyError>;
  const known = code === undefined ? undefined : FRAMEWORK[code];
  if (known !== undefined) return { ...known, detail: known.next === undefined ? {} : { next: known.next } };
  if (error instanceof SyntaxError && statusCode === 400)
    return { status: 400, message: "the body is not JSON that is taken here", detail: {} };
  if (statusCode === undefined || statusCode < 400 || statusCode > 499) return null;
  return { status: statusCode, message: "the request is not well-formed", detail: {} };
}

/** What fastify and the zod compiler say of a part of a request that is not as declared. */
interface Mismatch {
  readonly validationContext?: string;
  readonly validation: readonly {
    readonly keyword: string;
    readonly instancePath: string;
    readonly message?: string;
    readonly params: Readonly<Record<string, unknown>>;
  }[];
}

function describeMismatch(error: unknown, request: Pick<FastifyRequest, "routeOptions">): Failure {
  const { validation, validationContext } = error as Mismatch;
  const first = validation[0]!;
  const part = validationContext === "querystring" ? "query" : (validationContext ?? "request");
  const place = first.instancePath === "/" ? `the ${part}` : `${part}${first.instancePath.replaceAll("/", ".")}`;
  if (first.keyword === "unrecognized_keys") {
    const keys = (first.params.keys as string[]).map((key) => key.slice(0, 100));
    return new Failure("invalid_input", `${place} has a field that is not known here: ${keys.join(", ")}`, {
      found: keys.join(", "),
      allowed: allowedKeys(validationContext, request),
    });
  }
  const values = first.params.values;
  return new Failure("invalid_input", `${place}: ${first.message ?? "not as declared"}`, {
    allowed: Array.isArray(values) ? values.map(String) : [],
  });
}

function allowedKeys(context: string | undefined, request: Pick<FastifyRequest, "routeOptions">): string[] {
  const schemas = (request.routeOptions.schema ?? {}) as Record<string, unknown>;
  const schema = context === undefined ? undefined : schemas[context];
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** What a page shows of a caught value: logged, with its headers set. */
export function shownError(error: unknown, request: FastifyRequest, reply: FastifyReply): Shown {
  const shown = showError(error, request);
  logError(request.log, error, shown.status);
  if (shown.status === 503 || shown.status === 429)
    void reply.header("retry-after", String(secondsToRetry(error, request.server)));
  return shown;
}

/** Answers a caught value: logged with its cause if it is ours to mend, never a stack trace to the client. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, body } = shownError(error, request, reply);
  if (status === 401) void reply.header("www-authenticate", 'Bearer realm="rollcall"');
  return reply.code(status).type("application/json; charset=utf-8").serializer(JSON.stringify).send(body);
}

function secondsToRetry(error: unknown, { now = Date.now }: Pick<FastifyInstance, "now">): number {
  const at = isFailure(error) ? error.detail.retryAt : undefined;
  return at === undefined ? RETRY_AFTER_SECONDS : Math.max(1, Math.ceil((at - now()) / 1000));
}

function logError(log: FastifyBaseLogger, error: unknown, status: number): void {
  if (status === 500) log.error({ err: error }, "request failed by a bug");
  else if (status > 500) log.warn({ err: error, status_code: status }, "request not served");
}
