import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from "jose";
import { z } from "zod";
import { Failure } from "../../domain/failure.ts";
import type { Clock } from "../../ports/clock.ts";

/** Google publishes a key before it signs with it, so an hour is soon enough when all goes well. */
const FRESH_MS = 3_600_000;
/** However many tokens name a key that nobody knows, Google is asked at most this often. */
const ASK_EVERY_MS = 60_000;
/** While Google does not answer, known keys count this long; later they may have been withdrawn for a reason. */
const LONGEST_MS = 24 * 3_600_000;

const keySet = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })).min(1) });

/** Finds the public key that a token names. */
export type KeySet = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

interface Known {
  readonly find: ReturnType<typeof createLocalJWKSet>;
  readonly at: number;
}

/**
 * Keys of a token's issuer, kept and asked for again within bounds.
 * @param read asks the issuer; fails if it does not answer
 * @returns a finder for `jose` that throws Failure "unauthenticated" for an unknown key, "unavailable" if no keys are known
 */
export function createKeySet(read: () => Promise<unknown>, clock: Clock): KeySet {
  const kept = keepKeys(read, clock);
  const find = async (header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey | null> => {
    const known = kept.current();
    return known === null ? null : await lookUp(known, header, token);
  };
  return async (header, token) => {
    // Without a name any key would do; and keys that the token brings along are never looked at.
    if (typeof header.kid !== "string" || header.kid === "") throw unknownKey();
    if (!kept.areFresh()) await kept.askIfDue();
    if (kept.current() === null) throw noKeys(kept.problem());
    const found = await find(header, token);
    if (found !== null) return found;
    await kept.askIfDue();
    const foundNow = await find(header, token);
    if (foundNow === null) throw unknownKey();
    return foundNow;
  };
}

function keepKeys(read: () => Promise<unknown>, clock: Clock) {
  let known: Known | null = null;
  let problem: unknown = null;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | null = null;
  const ask = async (): Promise<void> => {
    askedAt = clock.now();
    try {
      const keys = keySet.parse(await read());
      known = { find: createLocalJWKSet(keys as unknown as JSONWebKeySet), at: clock.now() };
    } catch (error) {
      // The keys that are known count on, within their time.
      problem = error;
    } finally {
      asking = null;
    }
  };
  return {
    current: (): Known | null => (known !== null && clock.now() - known.at < LONGEST_MS ? known : null),
    areFresh: (): boolean => known !== null && clock.now() - known.at < FRESH_MS,
    problem: (): unknown => problem,
    async askIfDue(): Promise<void> {
      if (asking === null && clock.now() - askedAt < ASK_EVERY_MS) return;
      asking ??= ask();
      await asking;
    },
  };
}

async function lookUp({ find }: Known, header: JWSHeaderParameters, token: FlattenedJWSInput) {
  try {
    return await find(header, token);
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return null;
    throw error;
  }
}

const unknownKey = (): Failure =>
  new Failure("unauthenticated", "the ID token is signed with a key that Google does not publish", { rule: "kid" });

const noKeys = (cause: unknown): Failure =>
  new Failure("unavailable", "Google's keys are not known, so nobody can be believed", {
    next: "Sign in again in a minute.",
    ...(cause === null ? {} : { cause }),
  });
