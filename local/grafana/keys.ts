import { generateKeyPairSync, type KeyObject } from "node:crypto";

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

// Grafana keeps the key of the month before published, so that tokens it signed stay good.
const PUBLISHED = 2;

/** The keys of identity tokens: one a month, named by it. */
export class SigningKeys {
  #month = new Date();
  #keys: SigningKey[] = [makeKey(this.#month)];

  current(): SigningKey {
    return this.#keys[0] as SigningKey;
  }

  /** The next month begins. @param forget publishes the earlier keys no more */
  rotate(forget = false): void {
    this.#month = new Date(Date.UTC(this.#month.getUTCFullYear(), this.#month.getUTCMonth() + 1, 1));
    this.#keys = [makeKey(this.#month), ...(forget ? [] : this.#keys)].slice(0, PUBLISHED);
  }

  /** The JSON Web Key Set. */
  published(): { keys: object[] } {
    return {
      keys: this.#keys.map(({ kid, publicKey }) => ({
        ...publicKey.export({ format: "jwk" }),
        ...{ kid, alg: "ES256", use: "sig" },
      })),
    };
  }
}

function makeKey(month: Date): SigningKey {
  return { ...generateKeyPairSync("ec", { namedCurve: "P-256" }), kid: `id-${month.toISOString().slice(0, 7)}-es256` };
}
