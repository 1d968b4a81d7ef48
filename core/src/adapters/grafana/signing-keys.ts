import { type CryptoKey, importJWK, type JWK } from "jose";
import { z } from "zod";
import { Failure } from "../../domain/failure.ts";
import type { Clock } from "../../ports/clock.ts";

export interface SigningKeysOptions {
  /** Where the key set lies; it comes from the configuration, never from a token. */
  readonly url: string;
  readonly clock: Clock;
  /** Told each time the keys could not be read, at most once a minute. */
  readonly onProblem: (problem: string, cause: unknown) => void;
}

/** The public keys that Grafana signs with. */
export interface SigningKeys {
  /**
   * @param kid as the token names it
   * @throws Failure "unauthenticated" if Grafana publishes no such key, "unavailable" if that cannot be said now
   */
  find(kid: string): Promise<CryptoKey>;
}

/** Grafana lets its keys be cached as long (`max-age` of the endpoint); it changes them once a month. */
const CACHED_MS = 3_600_000;
/** Tokens with made-up key ids must not become requests to Grafana. */
const PAUSE_MS = 60_000;
/** While Grafana does not answer, its keys count this long; a key that was withdrawn meanwhile counts no longer. */
const OLDEST_MS = 24 * 3_600_000;
const PATIENCE_MS = 5_000;
// Two keys are about 500 bytes.
const MOST_BYTES = 64 * 1024;
const MOST_KEYS = 50;

const keySet = z.looseObject({ keys: z.array(z.looseObject({})).max(MOST_KEYS) });
const publicKey = z.looseObject({
  kid: z.string().min(1).max(100),
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: z.string(),
  y: z.string(),
  alg: z.literal("ES256").optional(),
  use: z.literal("sig").optional(),
});

/** Reads the keys when they are first needed, and again each hour or when a token names one that is not known. */
export function openSigningKeys(options: SigningKeysOptions): SigningKeys {
  return new CachedKeys(options);
}

class CachedKeys implements SigningKeys {
  readonly #options: SigningKeysOptions;
  #keys: ReadonlyMap<string, CryptoKey> = new Map();
  #readAt: number | null = null;
  #askedAt: number | null = null;
  #asking: Promise<void> | null = null;
  #isFailing = false;

  constructor(options: SigningKeysOptions) {
    this.#options = options;
  }

  async find(kid: string): Promise<CryptoKey> {
    if (!this.#isYoungerThan(CACHED_MS)) await this.#ask();
    if (!this.#usable().has(kid)) await this.#ask();
    const key = this.#usable().get(kid);
    if (key !== undefined) return key;
    if (this.#isFailing) throw this.#away();
    throw new Failure("unauthenticated", "Grafana publishes no key of the name that the token carries", {
      rule: "unproven-identity",
      next: "If Grafana changed its keys just now, ask again in a minute.",
    });
  }

  /** Those that still count: none, if they were read too long ago. */
  #usable(): ReadonlyMap<string, CryptoKey> {
    return this.#isYoungerThan(OLDEST_MS) ? this.#keys : new Map();
  }

  #isYoungerThan(milliseconds: number): boolean {
    return this.#readAt !== null && isWithin(this.#options.clock.now() - this.#readAt, milliseconds);
  }

  /** Reads them, unless that was tried less than a minute ago; all who wait at once share one request. */
  async #ask(): Promise<void> {
    if (this.#asking === null) {
      const now = this.#options.clock.now();
      if (this.#askedAt !== null && isWithin(now - this.#askedAt, PAUSE_MS)) return;
      this.#askedAt = now;
      this.#asking = this.#read(now).finally(() => {
        this.#asking = null;
      });
    }
    await this.#asking;
  }

  async #read(now: number): Promise<void> {
    try {
      this.#keys = await readKeys(this.#options.url);
      this.#readAt = now;
      this.#isFailing = false;
    } catch (error) {
      this.#isFailing = true;
      this.#options.onProblem("Grafana's keys cannot be read", error);
    }
  }

  #away(): Failure {
    return new Failure("unavailable", "Grafana's keys cannot be read, so nobody is known by its word", {
      ...(this.#askedAt !== null && { retryAt: this.#askedAt + PAUSE_MS }),
      next: "Nothing was done. Ask again in a minute, or come by another door.",
    });
  }
}

/** A clock that was put back makes nothing younger. */
const isWithin = (age: number, most: number): boolean => age >= 0 && age < most;

async function readKeys(url: string): Promise<ReadonlyMap<string, CryptoKey>> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  // A redirect would let whoever answers there name another place to take keys from.
  const response = await fetch(url, { redirect: "error", signal, headers: { accept: "application/json" } });
  const text = await readBounded(response);
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  const { keys } = keySet.parse(JSON.parse(text));
  const usable = keys.flatMap((key) => publicKey.safeParse(key).data ?? []);
  if (usable.length === 0) throw new Error(`${url} names no key for ES256`);
  return new Map(
    await Promise.all(
      // Only what makes the public key: neither a private part nor a certificate.
      usable.map(async ({ kid, kty, crv, x, y }) => [kid, await importPublic({ kty, crv, x, y })] as const),
    ),
  );
}

const importPublic = async (jwk: JWK): Promise<CryptoKey> => (await importJWK(jwk, "ES256")) as CryptoKey;

async function readBounded({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error(`the answer is larger than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
