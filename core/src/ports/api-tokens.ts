import type { AuditEntry } from "../domain/audit.ts";

/** What an API token may be used for: to look, or to change something. */
export const TOKEN_SCOPES = ["read", "act"] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];
export const LONGEST_TOKEN_DAYS = 90;
/** Tokens in force that one person may have. */
export const TOKENS_PER_PERSON = 20;

/** A token without its text, which is stored nowhere. */
export interface ApiToken {
  /** `tok-12`. */
  readonly id: string;
  readonly person: string;
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  /** ms since the epoch. */
  readonly madeAt: number;
  readonly expiresAt: number;
  /** `2026-11-21`; null: never. */
  readonly lastUsedOn: string | null;
  readonly revokedAt: number | null;
  readonly revokedBy: string | null;
}

/** A token in force, as it is looked up. */
export interface TokenInForce extends Pick<ApiToken, "id" | "person" | "scopes" | "expiresAt"> {
  /** SHA-256 of its text, hex. */
  readonly hash: string;
}

/** What somebody wants a token for. */
export interface TokenWish {
  readonly person: string;
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  readonly days: number;
}

/** API tokens that people make for themselves. */
export interface ApiTokens {
  /** @param audit of the token that was made @returns its text, once @throws Failure "too_many_requests", "unavailable" */
  make(wish: TokenWish, audit: (id: string) => AuditEntry): Promise<{ token: ApiToken; text: string }>;
  /** Newest first, at most 200. @param person null: everybody's */
  list(person: string | null): Promise<ApiToken[]>;
  /** @param by.person whose it must be; null: anybody's @returns false if there is none in force */
  revoke(id: string, by: { readonly id: string; readonly person: string | null }, audit: AuditEntry): Promise<boolean>;
  inForce(): Promise<TokenInForce[]>;
  /** Notes the day. */
  used(id: string): Promise<void>;
}
