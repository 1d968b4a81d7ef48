import { z } from "zod";
import { Failure } from "../../domain/failure.ts";
import type { WorkspaceProblem } from "../../ports/workspace.ts";

/** What went wrong with a call, and whether the same call may be sent again. */
export interface CallProblem {
  readonly kind: WorkspaceProblem | "not-found" | "forbidden" | "invalid-key" | "unauthenticated";
  readonly words: string;
  readonly again: boolean;
}

// The body of Google's APIs, and that of its token endpoint.
const apiError = z.object({
  error: z.object({
    code: z.number(),
    message: z.string(),
    errors: z.array(z.object({ reason: z.string() })).optional(),
  }),
});
const oauthError = z.object({ error: z.string(), error_description: z.string().optional() });

// Directory API, "Limits and quotas": Google says "too many" with 403 as well as with 429.
const QUOTA = new Set(["userRateLimitExceeded", "quotaExceeded", "rateLimitExceeded", "dailyLimitExceeded"]);

/** The error that Google's client throws, sorted by what it means; what is not understood is an outage, never an answer. */
export function problemOf(error: unknown): CallProblem {
  const response = (error as { response?: { status?: unknown; data?: unknown } } | null)?.response;
  const status = typeof response?.status === "number" ? response.status : null;
  if (status === null) return { kind: "away", words: `Google does not answer (${wordsOf(error)})`, again: true };
  const api = apiError.safeParse(response?.data);
  const oauth = oauthError.safeParse(response?.data);
  if (oauth.success && !api.success) return tokenProblem(status, oauth.data);
  const reason = api.success ? (api.data.error.errors?.[0]?.reason ?? "") : "";
  const message = api.success ? api.data.error.message : "";
  const said = `Google answered ${status}${reason === "" ? "" : ` ${reason}`}${message === "" ? "" : `: ${message.slice(0, 200)}`}`;
  return { ...meaningOf({ status, reason, message }), words: said };
}

function meaningOf(answer: { status: number; reason: string; message: string }): Omit<CallProblem, "words"> {
  const { status, reason, message } = answer;
  if (status === 429 || (status === 403 && QUOTA.has(reason))) return { kind: "quota", again: true };
  if (status === 401) return { kind: "unauthenticated", again: false };
  // Without a reason of Google's it is somebody on the way who answered.
  if (reason === "" || status >= 500) return { kind: "away", again: status >= 500 };
  return { kind: refusalOf(status, { reason, message }), again: false };
}

function refusalOf(status: number, { reason, message }: { reason: string; message: string }): CallProblem["kind"] {
  if (status === 403 && reason === "forbidden") return "forbidden";
  if (status === 404 && reason === "notFound") return "not-found";
  // Only these words mean that the key is of another company, or a group.
  if (status === 400 && message === "Invalid Input: memberKey") return "invalid-key";
  return status === 400 || status === 403 || status === 404 ? "config" : "away";
}

function tokenProblem(status: number, { error, error_description }: z.output<typeof oauthError>): CallProblem {
  const words = `Google gives no access: ${status} ${error}${error_description === undefined ? "" : `, ${error_description.slice(0, 200)}`}`;
  if (status === 429) return { kind: "quota", words, again: true };
  return status >= 500 ? { kind: "away", words, again: true } : { kind: "config", words, again: false };
}

const wordsOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split("\n", 1)[0] ?? "").slice(0, 120) : "no reason";

const NEXT: Readonly<Record<WorkspaceProblem, string>> = {
  quota: "Nothing to do: it is asked again in a minute.",
  away: "It is asked again in a minute. See Google's status page if it lasts.",
  config: "Compare the groups' addresses, the delegated scopes and the administrator with docs/google-workspace.md.",
};

/** A problem as the failure that a person may see. */
export function workspaceFailure(kind: WorkspaceProblem, words: string, cause?: unknown): Failure {
  return new Failure("unavailable", words, { rule: `directory-${kind}`, next: NEXT[kind], cause });
}
