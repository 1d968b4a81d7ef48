import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { readBody } from "../stand-in/read-body.ts";
import type { Guarded } from "./directory-api.ts";
import { errorOf, OauthError } from "./google-error.ts";
import type { SigningKeys } from "./keys.ts";
import { isOfAccount } from "./records.ts";
import { type AssertionParts, redeemAssertion } from "./service-account.ts";
import type { SignIn } from "./sign-in.ts";

export interface OidcParts {
  readonly guarded: Guarded;
  readonly keys: SigningKeys;
  readonly signIn: SignIn;
  readonly assertions: AssertionParts;
  /** Where this stand-in is reached, without a slash at the end; its issuer too. */
  readonly url: () => string;
  /** Sends the page on which a person says who they are. */
  readonly page: (request: FastifyRequest) => unknown;
}

const ASSERTION_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** Sign-in with Google, and the one token endpoint for people and for service accounts. */
export function addOidcRoutes(app: FastifyInstance, parts: OidcParts): void {
  const { guarded, keys, signIn } = parts;
  const get = (path: string) => ({ app, method: "GET" as const, path });
  guarded(get("/.well-known/openid-configuration"), "discovery", () => discovery(parts.url()));
  guarded(get("/oauth2/v3/certs"), "certs", () => keys.published());
  guarded(get("/o/oauth2/v2/auth"), "authorize", (request) => {
    signIn.check(request.query);
    return parts.page(request);
  });
  guarded({ app, method: "POST", path: "/token" }, "token", (request) => redeem(formOf(request), parts));
  app.post("/revoke", async (request) => {
    if (!signIn.revoke(formOf(request).get("token") ?? ""))
      throw new OauthError("invalid_token", "Token expired or revoked");
    return {};
  });
  app.get("/v1/userinfo", async (request) => {
    const user = signIn.whose(/^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "");
    if (user === null) throw errorOf("authError");
    const { id, email, name } = user;
    return { sub: id, name, email, email_verified: true, ...(isOfAccount(user) ? { hd: email.split("@")[1] } : {}) };
  });
  // What the page calls when a person has said who they are.
  app.post("/control/sign-in", async (request) => {
    const { query, person } = readBody(request, Chosen);
    return { location: signIn.choose(query, person) };
  });
}

const Chosen = z.strictObject({
  query: z.record(z.string(), z.string()),
  /** Address or id; null: they would rather not. */
  person: z.string().nullable(),
});

function redeem(form: URLSearchParams, { signIn, assertions }: OidcParts): unknown {
  switch (form.get("grant_type")) {
    case ASSERTION_GRANT:
      return redeemAssertion(form.get("assertion") ?? "", assertions);
    case "authorization_code":
      return signIn.redeemCode(form);
    case "refresh_token":
      return signIn.redeemRefresh(form);
    default:
      throw new OauthError("unsupported_grant_type", `Invalid grant_type: ${form.get("grant_type") ?? ""}`);
  }
}

function formOf({ body, headers }: FastifyRequest): URLSearchParams {
  if (!/^application\/x-www-form-urlencoded\b/.test(headers["content-type"] ?? ""))
    throw new OauthError("invalid_request", "Bad Request");
  return new URLSearchParams(Buffer.isBuffer(body) ? body.toString("utf8") : "");
}

const discovery = (url: string) => ({
  issuer: url,
  authorization_endpoint: `${url}/o/oauth2/v2/auth`,
  token_endpoint: `${url}/token`,
  userinfo_endpoint: `${url}/v1/userinfo`,
  revocation_endpoint: `${url}/revoke`,
  jwks_uri: `${url}/oauth2/v3/certs`,
  response_types_supported: ["code"],
  response_modes_supported: ["query"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: ["RS256"],
  scopes_supported: ["openid", "email", "profile"],
  token_endpoint_auth_methods_supported: ["client_secret_post"],
  claims_supported: ["aud", "email", "email_verified", "exp", "hd", "iat", "iss", "name", "sub"],
  code_challenge_methods_supported: ["S256"],
  grant_types_supported: ["authorization_code", "refresh_token", ASSERTION_GRANT],
});
