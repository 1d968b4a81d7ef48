import { timingSafeEqual } from "node:crypto";
import { errors, jwtVerify } from "jose";
import { z } from "zod";
import { Failure, isFailure } from "../../domain/failure.ts";
import type { Clock } from "../../ports/clock.ts";
import type { KeySet } from "./key-set.ts";

/** What an ID token must say to be believed. */
export interface ExpectedToken {
  readonly issuer: string;
  readonly clientId: string;
  /** Domain of the Workspace account. */
  readonly hostedDomain: string;
  /** null: a refreshed token, which has none. */
  readonly nonce: string | null;
}

const claims = z.object({
  sub: z.string().regex(/^\d{5,30}$/),
  iat: z.number(),
  exp: z.number(),
  azp: z.string().optional(),
  nonce: z.string().optional(),
  hd: z.string().optional(),
  email: z.string().optional(),
  email_verified: z.boolean().optional(),
  name: z.string().max(300).optional(),
});

/** Clocks of two companies. */
const TOLERANCE_SECONDS = 60;
/** A token is shown as soon as it was made; one that lay about is somebody's copy. */
const OLDEST_SECONDS = 600;
// One mailbox of a domain of ASCII letters, nothing quoted, no dot at the end: what looks like another address is refused.
const MAIL = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+$/;

/**
 * Checks an ID token: RS256 and nothing else, a published key, issuer, audience, times, nonce, Workspace account, mail.
 * @throws Failure "unauthenticated", its `rule` names what was wrong; "unavailable" if the keys are not known
 */
export async function checkIdToken(
  token: string,
  expected: ExpectedToken,
  { keys, clock }: { keys: KeySet; clock: Clock },
): Promise<{ google: string; mail: string; name: string | null }> {
  const payload = await verify(token, expected, { keys, clock });
  const parsed = claims.safeParse(payload);
  if (!parsed.success) throw refusal("claims", `it says no good ${parsed.error.issues[0]?.path.join(".")}`);
  const said = parsed.data;
  const { nonce, clientId, hostedDomain } = expected;
  if (said.azp !== undefined && said.azp !== clientId) throw refusal("azp", "it was made for another application");
  if (nonce !== null && !isSame(said.nonce ?? "", nonce)) throw refusal("nonce", "it belongs to another sign-in");
  if (said.hd?.toLowerCase() !== hostedDomain.toLowerCase())
    throw refusal("hd", `the account is not one of ${hostedDomain}`);
  if (said.email_verified !== true) throw refusal("email_verified", "Google has not confirmed the account's address");
  const mail = said.email?.toLowerCase() ?? "";
  if (!MAIL.test(mail)) throw refusal("email", "the account's address is not of the usual form");
  return { google: said.sub, mail, name: said.name ?? null };
}

async function verify(
  token: string,
  { issuer, clientId }: ExpectedToken,
  { keys, clock }: { keys: KeySet; clock: Clock },
) {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ["RS256"],
      // Google's own tokens name it with and without https://.
      issuer: issuer === "https://accounts.google.com" ? [issuer, "accounts.google.com"] : [issuer],
      audience: clientId,
      clockTolerance: TOLERANCE_SECONDS,
      maxTokenAge: OLDEST_SECONDS,
      requiredClaims: ["iss", "aud", "sub", "iat", "exp"],
      currentDate: new Date(clock.now()),
    });
    // Somebody who may use the token elsewhere could bring it here.
    if (Array.isArray(payload.aud)) throw refusal("aud", "it was made for several applications");
    return payload;
  } catch (error) {
    if (isFailure(error)) throw error;
    throw refusal(ruleOf(error), "it could not be verified", error);
  }
}

function ruleOf(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) return error.claim;
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) return "alg";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "signature";
  return "form";
}

const isSame = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

const refusal = (rule: string, why: string, cause?: unknown): Failure =>
  new Failure("unauthenticated", `Google's ID token is not good: ${why}`, {
    rule,
    next: "Sign in again.",
    ...(cause === undefined ? {} : { cause }),
  });
