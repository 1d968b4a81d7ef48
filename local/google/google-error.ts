/** An error as Google's APIs answer it: the HTTP status and the body around a reason. */
export class GoogleError extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, { reason, message }: { reason: string; message: string }) {
    super(message);
    this.status = status;
    const domain = /quota|ratelimit/i.test(reason) ? "usageLimits" : "global";
    const named = STATUS_NAMES[status];
    this.body = {
      error: {
        code: status,
        message,
        errors: [{ message, domain, reason }],
        ...(named === undefined || status === 404 || reason === "forbidden" ? {} : { status: named }),
      },
    };
  }
}

const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
};

// Reasons and words: Google's pages "Directory API: Limits and quotas" and "Resolve errors".
const KNOWN = {
  userRateLimitExceeded: [403, "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'"],
  quotaExceeded: [403, "Request rate higher than configured."],
  rateLimitExceeded: [429, "Rate Limit Exceeded"],
  forbidden: [403, "Not Authorized to access this resource/api"],
  domainCannotUseApis: [403, "Domain cannot use apis."],
  insufficientPermissions: [403, "Request had insufficient authentication scopes."],
  authError: [401, "Invalid Credentials"],
  notFound: [404, "Resource Not Found: groupKey"],
  backendError: [503, "The service is currently unavailable."],
  internalError: [500, "Internal error encountered."],
} as const satisfies Record<string, readonly [number, string]>;

/** The errors that faults may ask for by name. */
export const KNOWN_REASONS = Object.keys(KNOWN) as readonly (keyof typeof KNOWN)[];

/** Google's error of that reason, with its status and words. */
export function errorOf(reason: keyof typeof KNOWN, message?: string): GoogleError {
  const [status, words] = KNOWN[reason];
  return new GoogleError(status, { reason, message: message ?? words });
}

/** Google's refusal of an argument, by its name. */
export const invalidInput = (name: string): GoogleError =>
  new GoogleError(400, { reason: "invalid", message: `Invalid Input: ${name}` });

/** A refusal of the token endpoint, as OAuth 2.0 has it. */
export class OauthError extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(error: string, description: string, status = 400) {
    super(description);
    this.status = status;
    this.body = { error, error_description: description };
  }
}
