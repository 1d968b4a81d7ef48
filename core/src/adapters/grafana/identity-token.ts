import { errors, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";
import { Failure, isFailure } from "../../domain/failure.ts";
import type { Clock } from "../../ports/clock.ts";
import type { SigningKeys } from "./signing-keys.ts";

/** Who Grafana says is signed in there; what they may do here it cannot say. */
export interface GrafanaUser {
  /** `user:de1x2y3z`, never re-used by that Grafana. */
  readonly subject: string;
  /** `org:1` */
  readonly org: string;
  readonly name: string;
  /** Null if Grafana does not vouch for the address. */
  readonly mail: string | null;
  /** ms since the epoch. */
  readonly expiresAt: number;
}

export interface IdentityTokensOptions {
  readonly keys: SigningKeys;
  /** `root_url` of Grafana; with and without a slash at its end it is the same. */
  readonly rootUrl: string;
  /** Numbers of Grafana's organisations whose people are let in. */
  readonly orgs: readonly number[];
  readonly clock: Clock;
}

/** Grafana's clock and ours may differ by this. */
const LEEWAY_SECONDS = 5;
/** Grafana's tokens live this long (`tokenTTL`); one that lives longer is not made by Grafana. */
const LIFETIME_SECONDS = 600;
const LONGEST_TOKEN = 8 * 1024;

const claims = z.object({
  sub: z.string().regex(/^user:[A-Za-z0-9_-]{1,40}$/),
  aud: z.union([z.string(), z.array(z.string()).length(1)]).transform((aud) => [aud].flat()[0] ?? ""),
  exp: z.number(),
  type: z.literal("user").optional(),
  email: z.string().max(254).optional(),
  email_verified: z.boolean().optional(),
  username: z.string().max(200).optional(),
  name: z.string().max(200).optional(),
});

/**
 * Proves the tokens that Grafana sends along in `X-Grafana-Id`. Their role is not read.
 * @returns a function that throws Failure "unauthenticated", its rule one of the refusal reasons; or "unavailable"
 */
export function provesIdentityTokens(options: IdentityTokensOptions): (token: string) => Promise<GrafanaUser> {
  const root = options.rootUrl.replace(/\/+$/, "");
  return async (token) => {
    if (token.length > LONGEST_TOKEN) throw refuse("is too long");
    const now = options.clock.now();
    const { exp, aud, sub, ...more } = readClaims(await verify(token, { options, root, now }), options.orgs);
    if (exp - now / 1000 > LIFETIME_SECONDS + LEEWAY_SECONDS)
      throw refuse(`lives longer than ${LIFETIME_SECONDS} seconds`);
    const isVouchedFor = more.email_verified === true && more.email !== undefined && more.email !== "";
    return {
      subject: sub,
      org: aud,
      name: more.name || more.username || sub,
      mail: isVouchedFor ? (more.email ?? null) : null,
      expiresAt: exp * 1000,
    };
  };
}

interface Verifying {
  readonly options: IdentityTokensOptions;
  readonly root: string;
  readonly now: number;
}

async function verify(token: string, { options, root, now }: Verifying): Promise<JWTPayload> {
  try {
    const keyOf = ({ kid }: { kid?: string }) => {
      if (typeof kid !== "string" || kid === "") throw refuse("names no key");
      return options.keys.find(kid);
    };
    const { payload } = await jwtVerify(token, keyOf, {
      // Nothing the token says chooses how it is checked.
      algorithms: ["ES256"],
      typ: "jwt",
      issuer: [root, `${root}/`],
      audience: options.orgs.map((org) => `org:${org}`),
      requiredClaims: ["exp", "sub"],
      clockTolerance: LEEWAY_SECONDS,
      currentDate: new Date(now),
    });
    return payload;
  } catch (error) {
    if (isFailure(error)) throw error;
    throw asRefusal(error);
  }
}

function readClaims(payload: JWTPayload, orgs: readonly number[]): z.output<typeof claims> {
  const parsed = claims.safeParse(payload);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  const claim = String(first?.path[0] ?? "claims");
  if (claim === "sub" || claim === "type") throw refuse("is not of a person: service accounts come with an API token");
  if (claim === "aud") throw refuse(`is not for one organisation of ${orgs.map((org) => `org:${org}`).join(", ")}`);
  throw refuse(`has no proper ${claim}`);
}

function asRefusal(error: unknown): Failure {
  if (error instanceof errors.JWTExpired)
    return refuse("has expired", { rule: "expired-credential", next: "Reload the page: Grafana makes a new one." });
  if (error instanceof errors.JWTClaimValidationFailed) return refuse(`is not as it must be: ${error.claim}`);
  if (error instanceof errors.JOSEAlgNotAllowed) return refuse("is not signed by ES256");
  if (error instanceof errors.JWSSignatureVerificationFailed) return refuse("is not signed by Grafana");
  if (error instanceof errors.JOSEError) return refuse("is no JWT that is taken here");
  throw error;
}

const refuse = (why: string, { rule = "unproven-identity", next = NEXT } = {}): Failure =>
  new Failure("unauthenticated", `Grafana's word for who you are ${why}`, { rule, next });

const NEXT = "Sign in to Grafana again; if that does not help, docs/grafana-door.md says how both must be set.";
