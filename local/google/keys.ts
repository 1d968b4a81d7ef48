import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

// Google publishes the next key before it signs with it, and the last one for a while after.
const PUBLISHED = 2;

/** The keys that ID tokens are signed with: the newest signs, the one before is still published. */
export class SigningKeys {
  #keys: SigningKey[] = [makeKey()];

  current(): SigningKey {
    return this.#keys[0] as SigningKey;
  }

  /** From now on a new key signs. @param forget publishes the earlier ones no more */
  rotate(forget = false): void {
    this.#keys = [makeKey(), ...(forget ? [] : this.#keys)].slice(0, PUBLISHED);
  }

  /** The JSON Web Key Set. */
  published(): { keys: object[] } {
    return {
      keys: this.#keys.map(({ kid, publicKey }) => ({
        ...publicKey.export({ format: "jwk" }),
        kid,
        alg: "RS256",
        use: "sig",
      })),
    };
  }
}

function makeKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const der = publicKey.export({ format: "der", type: "spki" });
  return { kid: createHash("sha1").update(der).digest("hex"), privateKey, publicKey };
}
