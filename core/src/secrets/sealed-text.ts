import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { Secret } from "./secret.ts";

/** Seals texts for storage, so that who reads the database has nothing to use. */
export interface Seal {
  seal(text: string): Buffer;
  /** @returns null if it was sealed with another key, or changed */
  open(sealed: Buffer): string | null;
}

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A key of its own for one use of a secret.
 * @param use says what for; another use has another key
 */
export const keyFrom = (secret: Secret, use: string): Buffer =>
  Buffer.from(hkdfSync("sha256", secret.reveal(), "", `rollcall ${use}`, 32));

/** A seal with a key of its own from a secret. */
export function createSeal(secret: Secret, use: string): Seal {
  const key = keyFrom(secret, use);
  return {
    seal(text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
      return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed) {
      if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
      const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      try {
        const text = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
        return text.toString("utf8");
      } catch {
        return null;
      }
    },
  };
}
