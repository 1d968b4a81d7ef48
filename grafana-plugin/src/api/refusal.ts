import type { ApiError } from "@rollcall/core/contract.ts";
import { t } from "../translate.ts";

/** What went wrong, from the reader's point of view. */
export type RefusalKind =
  /** Nobody answers: the service is away, or too slow. */
  | "away"
  /** The service does not know who this is. */
  | "unknown-person"
  /** It knows who this is, and says no. */
  | "refused"
  /** The plugin is not set up. */
  | "unconfigured";

/** An answer that is not the one that was asked for. */
export class Refusal extends Error {
  readonly kind: RefusalKind;
  readonly status: number;
  readonly detail: Partial<ApiError>;

  constructor(kind: RefusalKind, status: number, detail: Partial<ApiError>) {
    super(detail.message ?? t("refusal.silent", "the control service does not answer"));
    this.name = "Refusal";
    this.kind = kind;
    this.status = status;
    this.detail = detail;
  }
}

const isOurs = (body: unknown): body is ApiError =>
  typeof body === "object" && body !== null && "code" in body && "message" in body && "allowed" in body;

/**
 * Reads an answer that is no success.
 * @param status 0: there was none
 * @param body as parsed, or text
 */
export function readRefusal(status: number, body: unknown): Refusal {
  if (isOurs(body)) return new Refusal(kindOf(status, body), status, body);
  const message = saidIn(body);
  if (status < 400 || status >= 500) return new Refusal("away", status, {});
  return new Refusal("refused", status, {
    message: message ?? USUAL[status]?.() ?? t("refusal.not-taken", "Grafana did not take it"),
  });
}

const kindOf = (status: number, { code }: ApiError): RefusalKind =>
  isGone(status) ? "away" : code === "unauthenticated" ? "unknown-person" : "refused";

const USUAL: Readonly<Record<number, () => string>> = {
  401: () => t("refusal.signed-out", "you are not signed in to Grafana any more"),
  403: () => t("refusal.forbidden", "Grafana does not let you ask this"),
  404: () => t("refusal.missing", "there is no such thing"),
};

const saidIn = (body: unknown): string | undefined =>
  typeof body === "object" && body !== null && "message" in body ? String(body.message) : undefined;

// Our own words with 503 come from a service that is there: a part behind it is away.
const isGone = (status: number): boolean => status === 502 || status === 504;
