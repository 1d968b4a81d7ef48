import { setTimeout as delay } from "node:timers/promises";
import { type ApiRequest, apiAsked, apiRequestAnswer } from "@rollcall/core/approval-contract.ts";
import { type ApiAnswer, type ApiError, apiAnswer, apiError } from "@rollcall/core/contract.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { type ApiOperation, apiAccepted, apiOperationAnswer } from "@rollcall/core/operation-contract.ts";
import { type ApiPlanned, apiPlanned } from "@rollcall/core/plan-contract.ts";
import { z } from "zod";
import type { Target } from "./invocation.ts";

/** A command as it is sent; `key` makes a repeat of it harmless, null for one that only looks. */
export interface Wish {
  readonly command: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly reason: string | null;
  readonly force: boolean;
  readonly dryRun: boolean;
  /** Token of the plan that is confirmed. */
  readonly confirm: string | null;
  readonly key: string | null;
}

export interface ControlClient {
  /** @throws Failure as the service refuses, "unavailable" if it cannot be asked */
  run(
    wish: Wish,
    requestId?: string,
  ): Promise<ApiAnswer | ApiPlanned | z.infer<typeof apiAccepted> | z.infer<typeof apiAsked>>;
  /** @throws Failure "not_found", "unavailable" */
  operation(id: string): Promise<ApiOperation>;
  /** @throws Failure "not_found", "unavailable" */
  request(id: string): Promise<ApiRequest>;
}

// Longer than the service's own limit for a handler, 15 s, so that its words are heard.
const ANSWER_MS = 20_000;
const TRIES = 3;
const PAUSE_MS = 1_000;

/** Speaks HTTP to a control service, as the door `terminal`. */
export function connectControl(target: Target): ControlClient {
  return {
    async run({ command, key, ...wish }, requestId) {
      const body = JSON.stringify(bodyOf(wish));
      const headers = {
        ...(key !== null && { "idempotency-key": key }),
        ...(requestId !== undefined && { "x-request-id": requestId }),
      };
      const post = () => ask(target, `/api/v1/commands/${command}`, { method: "POST", body, headers });
      // With the same key nothing happens twice, so an act may be sent again when its answer was lost.
      const answer = await again(post, key === null ? 1 : TRIES);
      return understood(z.union([apiAccepted, apiAsked, apiPlanned, apiAnswer]), answer, target);
    },
    async operation(id) {
      const answer = await ask(target, `/api/v1/operations/${id}`, {});
      return understood(apiOperationAnswer, answer, target).operation;
    },
    async request(id) {
      const answer = await ask(target, `/api/v1/requests/${id}`, {});
      return understood(apiRequestAnswer, answer, target).request;
    },
  };
}

const bodyOf = ({ input, reason, force, dryRun, confirm }: Omit<Wish, "command" | "key">) => ({
  ...(confirm === null ? { input } : { confirm }),
  ...(reason !== null && { reason }),
  ...(force && { force }),
  ...(dryRun && { dryRun }),
});

interface Question {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where a path of the service is; its address may have a path of its own. */
export const urlOf = ({ address }: Pick<Target, "address">, path: string): URL =>
  new URL(path.slice(1), address.endsWith("/") ? address : `${address}/`);

async function ask(target: Target, path: string, question: Question): Promise<unknown> {
  const { address, token } = target;
  const { headers, ...rest } = question;
  const url = urlOf(target, path);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      ...rest,
      headers: {
        ...headers,
        authorization: `Bearer ${token}`,
        "x-rollcall-door": "terminal",
        ...(rest.body === undefined ? {} : { "content-type": "application/json" }),
      },
      // A token is not sent on to where somebody else points.
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    text = await response.text();
  } catch (cause) {
    throw new Failure("unavailable", `${address} does not answer: ${whyOf(cause)}.`, {
      next: "Is the stack running? npm run status says it; --address or ROLLCALL_ADDRESS names another one.",
      cause,
    });
  }
  const body = asJson(text);
  if (response.ok) return body;
  const refused = apiError.safeParse(body);
  if (refused.success) throw refusalOf(refused.data);
  throw strangerAt(address, `answers ${response.status}`);
}

function whyOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `no answer within ${ANSWER_MS / 1000} s`;
  const cause = error instanceof Error ? error.cause : null;
  const { code, message } = (cause ?? error) as { code?: string; message?: string };
  return code === "ECONNREFUSED" ? "nothing listens there" : (code ?? message ?? String(error));
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const strangerAt = (address: string, what: string): Failure =>
  new Failure("unavailable", `What listens at ${address} is no control service of Rollcall: it ${what}.`);

function understood<T>(schema: z.ZodType<T>, answer: unknown, { address }: Target): T {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw strangerAt(address, "answers in other words");
  return parsed.data;
}

function refusalOf({ code, message, found, allowed, next, id }: ApiError): Failure {
  const detail = { allowed, ...(found === null ? {} : { found }), ...(next === null ? {} : { next }) };
  return code === "bug"
    ? new Failure("unavailable", message, { ...detail, found: `id ${id}` })
    : new Failure(code, message, detail);
}

async function again<T>(attempt: () => Promise<T>, tries: number): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (tries <= 1 || !isAway(error)) throw error;
    await delay(PAUSE_MS);
    return await again(attempt, tries - 1);
  }
}

/** Whether asking again may help: nobody answered, or not in time. */
export const isAway = (error: unknown): boolean =>
  error instanceof Failure && (error.code === "unavailable" || error.code === "timeout");
