import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { ACCESS_SECONDS, type AccessTokens } from "./access-tokens.ts";
import type { Clock } from "./clock.ts";
import type { Directory } from "./directory.ts";
import { OauthError } from "./google-error.ts";
import type { IdTokens } from "./id-tokens.ts";
import type { GoogleUser } from "./records.ts";

/** The web application that people sign in to. */
export interface OauthClient {
  readonly id: string;
  readonly secret: string;
  readonly redirectUris: readonly string[];
}

export interface SignInParts {
  readonly client: OauthClient;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly accessTokens: AccessTokens;
  readonly idTokens: IdTokens;
}

const authorizeQuery = z.object({
  client_id: z.string(),
  redirect_uri: z.string(),
  response_type: z.literal("code"),
  scope: z.string(),
  state: z.string().max(2000).optional(),
  nonce: z.string().max(500).optional(),
  code_challenge: z.string().regex(/^[\w-]{43}$/),
  code_challenge_method: z.literal("S256"),
  access_type: z.enum(["online", "offline"]).default("online"),
  hd: z.string().optional(),
});
export type Authorization = z.output<typeof authorizeQuery>;

// Google: "authorization codes … ten minutes"; a refresh token lives until somebody takes it back.
const CODE_MS = 10 * 60_000;

interface Code {
  readonly user: string;
  readonly asked: Authorization;
  readonly at: number;
  used: boolean;
}

/** Sign-in by authorization code with PKCE, and what follows: refresh and revocation. */
export class SignIn {
  readonly #parts: SignInParts;
  readonly #codes = new Map<string, Code>();
  readonly #refresh = new Map<string, { readonly user: string; readonly scope: string; readonly code: string }>();

  constructor(parts: SignInParts) {
    this.#parts = parts;
  }

  /** What the application asked for. @throws OauthError shown to the person: nobody is sent to an address that is not registered */
  check(query: unknown): Authorization {
    const { client } = this.#parts;
    const parsed = authorizeQuery.safeParse(query);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new OauthError("invalid_request", `Parameter ${issue?.path.join(".")}: ${issue?.message}`);
    }
    if (parsed.data.client_id !== client.id)
      throw new OauthError("invalid_client", "The OAuth client was not found.", 401);
    if (!client.redirectUris.includes(parsed.data.redirect_uri))
      throw new OauthError("redirect_uri_mismatch", `${parsed.data.redirect_uri} is not registered for this client`);
    if (!parsed.data.scope.split(" ").includes("openid"))
      throw new OauthError("invalid_scope", "The scope openid is needed to sign in.");
    return parsed.data;
  }

  /** Signs a person in. @returns where the browser goes: back to the application, with a code or a refusal */
  choose(query: unknown, person: string | null): string {
    const asked = this.check(query);
    const back = new URL(asked.redirect_uri);
    if (asked.state !== undefined) back.searchParams.set("state", asked.state);
    const user = person === null ? null : this.#parts.directory.user(person);
    if (user === null || user.suspended || user.archived) back.searchParams.set("error", "access_denied");
    else back.searchParams.set("code", this.#issueCode(user, asked));
    return back.href;
  }

  #issueCode(user: GoogleUser, asked: Authorization): string {
    const code = `4/0A${randomBytes(32).toString("base64url")}`;
    this.#codes.set(code, { user: user.id, asked, at: this.#parts.clock.lifetime(), used: false });
    return code;
  }

  /** Tokens for a code. @throws OauthError in Google's words */
  redeemCode(form: URLSearchParams): Record<string, unknown> {
    this.#authenticate(form);
    const code = this.#codes.get(form.get("code") ?? "");
    if (code === undefined) throw new OauthError("invalid_grant", "Malformed auth code.");
    if (code.used) {
      this.#takeBack(code.user);
      throw new OauthError("invalid_grant", "Bad Request");
    }
    if (this.#parts.clock.lifetime() - code.at > CODE_MS) throw new OauthError("invalid_grant", "Bad Request");
    if (form.get("redirect_uri") !== code.asked.redirect_uri)
      throw new OauthError("redirect_uri_mismatch", "Bad Request");
    // A code is spent by the first who shows it, also without the right verifier.
    code.used = true;
    if (!isVerifierOf(form.get("code_verifier") ?? "", code.asked.code_challenge))
      throw new OauthError("invalid_grant", "Invalid code verifier.");
    const user = this.#user(code.user);
    const { scope, nonce, access_type } = code.asked;
    const refresh = access_type === "offline" ? `1//0${randomBytes(32).toString("base64url")}` : null;
    if (refresh !== null) this.#refresh.set(refresh, { user: user.id, scope, code: form.get("code") ?? "" });
    return { ...this.#tokens(user, { scope, nonce }), ...(refresh === null ? {} : { refresh_token: refresh }) };
  }

  /** Fresh tokens for a refresh token, as long as the person is there. @throws OauthError */
  redeemRefresh(form: URLSearchParams): Record<string, unknown> {
    this.#authenticate(form);
    const kept = this.#refresh.get(form.get("refresh_token") ?? "");
    if (kept === undefined) throw new OauthError("invalid_grant", "Token has been expired or revoked.");
    return this.#tokens(this.#user(kept.user), { scope: kept.scope, nonce: undefined });
  }

  /** Ends a token; a refresh token's access tokens end with it. @returns whether there was one */
  revoke(token: string): boolean {
    const kept = this.#refresh.get(token);
    const access = this.#parts.accessTokens.read(token);
    const user = kept?.user ?? access?.user ?? null;
    if (user !== null) this.#takeBack(user);
    return user !== null;
  }

  /** Who an access token belongs to; for `userinfo`. */
  whose(token: string): GoogleUser | null {
    const user = this.#parts.accessTokens.read(token)?.user ?? null;
    return user === null ? null : this.#parts.directory.user(user);
  }

  #takeBack(user: string): void {
    for (const [token, kept] of this.#refresh) if (kept.user === user) this.#refresh.delete(token);
    this.#parts.accessTokens.revoke(user);
  }

  #user(id: string): GoogleUser {
    const user = this.#parts.directory.user(id);
    if (user === null || user.suspended || user.archived)
      throw new OauthError("invalid_grant", "Token has been expired or revoked.");
    return user;
  }

  #tokens(user: GoogleUser, { scope, nonce }: { scope: string; nonce: string | undefined }): Record<string, unknown> {
    const { accessTokens, idTokens, client } = this.#parts;
    const access_token = accessTokens.issue({ user: user.id, scopes: scope.split(" ") });
    const id_token = idTokens.issue(user, { audience: client.id, nonce, accessToken: access_token });
    return { access_token, id_token, scope, expires_in: ACCESS_SECONDS, token_type: "Bearer" };
  }

  #authenticate(form: URLSearchParams): void {
    const { id, secret } = this.#parts.client;
    if (form.get("client_id") !== id) throw new OauthError("invalid_client", "The OAuth client was not found.", 401);
    if (!isSame(form.get("client_secret") ?? "", secret)) throw new OauthError("invalid_client", "Unauthorized", 401);
  }
}

const isVerifierOf = (verifier: string, challenge: string): boolean =>
  /^[\w.~-]{43,128}$/.test(verifier) && isSame(createHash("sha256").update(verifier).digest("base64url"), challenge);

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
