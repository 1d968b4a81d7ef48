/** Every reason that may be shown to a person; anything else is a bug and is answered with an id only. */
export const FAILURE_CODES = [
  "invalid_input",
  "unauthenticated",
  "forbidden",
  "unknown_agent",
  "unknown_command",
  "not_found",
  "conflict",
  "expired",
  "too_many_requests",
  "unavailable",
  "timeout",
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/** What a person can do with a failure: what was found, what is allowed, what to do next. */
export interface FailureDetail {
  readonly found?: string;
  readonly allowed?: readonly string[];
  readonly next?: string;
  readonly rule?: string;
  /** When asking again makes sense, milliseconds since the epoch. */
  readonly retryAt?: number;
  readonly cause?: unknown;
}

/** The one error whose message may be shown to a person, in every door. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly detail: FailureDetail;
  constructor(code: FailureCode, message: string, detail: FailureDetail = {}) {
    super(message, detail.cause === undefined ? {} : { cause: detail.cause });
    this.name = "Failure";
    this.code = code;
    this.detail = detail;
  }
}

/** Answers "is this ours to show?" for a caught value. */
export const isFailure = (error: unknown): error is Failure => error instanceof Failure;
