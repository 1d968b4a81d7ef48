import type { KeyObject } from "node:crypto";
import { z } from "zod";
import { ACCESS_SECONDS, type AccessTokens } from "./access-tokens.ts";
import type { Clock } from "./clock.ts";
import type { Directory } from "./directory.ts";
import { OauthError } from "./google-error.ts";
import { isSignedBy, type ReadJwt, readJwt } from "./jwt.ts";
import { isOfAccount } from "./records.ts";

export const GROUP_MEMBERS_SCOPE = "https://www.googleapis.com/auth/admin.directory.group.member.readonly";
export const USERS_SCOPE = "https://www.googleapis.com/auth/admin.directory.user.readonly";
/** What the administrator of the account has delegated. */
const DELEGATED: readonly string[] = [GROUP_MEMBERS_SCOPE, USERS_SCOPE];

export interface ServiceAccount {
  readonly email: string;
  readonly publicKey: KeyObject;
}

export interface AssertionParts {
  readonly account: ServiceAccount;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly accessTokens: AccessTokens;
  /** Values of `aud` that mean this endpoint. */
  readonly audiences: () => readonly string[];
}

const claims = z.object({
  iss: z.string(),
  scope: z.string().min(1),
  aud: z.string(),
  iat: z.int(),
  exp: z.int(),
  sub: z.string().optional(),
});
type Claims = z.output<typeof claims>;

const MOST_SECONDS = 3600;
const SKEW_SECONDS = 300;
const NOT_SHORT =
  "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.";

/** Gives an access token for a service account's signed assertion. @throws OauthError in Google's words */
export function redeemAssertion(assertion: string, parts: AssertionParts): Record<string, unknown> {
  const said = provenClaims(assertion, parts);
  if (!parts.audiences().includes(said.aud))
    throw new OauthError("invalid_grant", "Invalid JWT: Failed audience check.");
  checkTimes(said, parts.clock.seconds());
  const scopes = said.scope.split(" ").filter((scope) => scope !== "");
  if (!scopes.every((scope) => DELEGATED.includes(scope)))
    throw new OauthError(
      "unauthorized_client",
      "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.",
      401,
    );
  const token = parts.accessTokens.issue({ user: subjectOf(said, parts.directory), scopes });
  return { access_token: token, expires_in: ACCESS_SECONDS, token_type: "Bearer" };
}

function provenClaims(assertion: string, { account }: AssertionParts): Claims {
  const jwt = readJwt(assertion);
  if (jwt === null) throw new OauthError("invalid_grant", "Bad Request");
  const parsed = claims.safeParse(jwt.claims);
  if (!parsed.success) throw new OauthError("invalid_grant", `Invalid JWT: ${missingOf(parsed.error, jwt)}`);
  if (parsed.data.iss !== account.email) throw new OauthError("invalid_grant", "Invalid grant: account not found");
  if (!isSignedBy(jwt, account.publicKey)) throw new OauthError("invalid_grant", "Invalid JWT Signature.");
  return parsed.data;
}

const missingOf = (error: z.ZodError, jwt: ReadJwt): string => {
  const name = String(error.issues[0]?.path[0] ?? "claims");
  return name in jwt.claims ? `${name} is not valid` : `${name} is missing`;
};

function checkTimes({ iat, exp }: Claims, now: number): void {
  const isShort = exp > iat && exp - iat <= MOST_SECONDS;
  if (!isShort || exp <= now || iat > now + SKEW_SECONDS) throw new OauthError("invalid_grant", NOT_SHORT);
}

/** Whoever is named must be a user of the account; whether they may do anything is the API's matter. */
function subjectOf({ sub }: Claims, directory: Directory): string | null {
  if (sub === undefined) return null;
  const user = directory.user(sub);
  if (user === null || !isOfAccount(user)) throw new OauthError("invalid_grant", "Invalid email or User ID");
  if (user.suspended || user.archived) throw new OauthError("invalid_grant", "Account has been deleted or disabled");
  return user.id;
}
