import { createHash } from "node:crypto";
import { z } from "zod";
import type { Clock } from "./clock.ts";
import { forgeJwt, signJwt } from "./jwt.ts";
import { SigningKeys } from "./keys.ts";
import { DOMAIN, type GoogleUser, isOfAccount } from "./records.ts";

/** How the next ID tokens are made otherwise than Google would, to see who notices. */
export const AlterInput = z.strictObject({
  count: z.int().min(1).default(1),
  /** Put over the true claims; null leaves one out. */
  claims: z.record(z.string(), z.unknown()).default({}),
  header: z.record(z.string(), z.unknown()).default({}),
  /** `none` leaves the signature away, `HS256` signs with the text of the published public key, `stranger` with an unknown key. */
  signature: z.enum(["RS256", "none", "HS256", "stranger"]).default("RS256"),
});
type Alteration = z.output<typeof AlterInput>;

/** Lifetime of Google's ID tokens. */
const ID_SECONDS = 3600;

interface Asked {
  readonly audience: string;
  readonly nonce: string | undefined;
  readonly accessToken: string;
}

/** ID tokens as Google signs them. */
export class IdTokens {
  readonly #clock: Clock;
  readonly #keys: SigningKeys;
  readonly #issuer: () => string;
  #alterations: Alteration[] = [];

  constructor({ clock, keys, issuer }: { clock: Clock; keys: SigningKeys; issuer: () => string }) {
    this.#clock = clock;
    this.#keys = keys;
    this.#issuer = issuer;
  }

  alter(alteration: Alteration): void {
    this.#alterations.push({ ...alteration });
  }

  /** Only honest tokens from now on. */
  clear(): void {
    this.#alterations = [];
  }

  issue(user: GoogleUser, asked: Asked): string {
    const alteration = this.#takeAlteration();
    const { kid, privateKey } = this.#keys.current();
    const head = { kid, ...alteration?.header };
    const body = withoutNulls({ ...this.#claimsOf(user, asked), ...alteration?.claims });
    switch (alteration?.signature) {
      case "none":
        return forgeJwt(head, body, null);
      case "HS256":
        return forgeJwt(head, body, String(this.#keys.current().publicKey.export({ format: "pem", type: "spki" })));
      case "stranger":
        return signJwt(head, body, new SigningKeys().current().privateKey);
      default:
        return signJwt(head, body, privateKey);
    }
  }

  #claimsOf(user: GoogleUser, { audience, nonce, accessToken }: Asked): Record<string, unknown> {
    const now = this.#clock.seconds();
    const hash = createHash("sha256").update(accessToken).digest();
    return {
      iss: this.#issuer(),
      azp: audience,
      aud: audience,
      sub: user.id,
      // Google says `hd` of people of a Workspace account only.
      ...(isOfAccount(user) ? { hd: DOMAIN } : {}),
      email: user.email,
      email_verified: true,
      at_hash: hash.subarray(0, hash.length / 2).toString("base64url"),
      ...(nonce === undefined ? {} : { nonce }),
      name: user.name,
      iat: now,
      exp: now + ID_SECONDS,
    };
  }

  #takeAlteration(): Alteration | null {
    const next = this.#alterations.find(({ count }) => count > 0);
    if (next === undefined) return null;
    next.count -= 1;
    return next;
  }
}

const withoutNulls = (claims: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null));
