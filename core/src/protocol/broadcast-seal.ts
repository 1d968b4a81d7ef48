import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { MOST_SEALED_CHARACTERS } from "./seal.ts";

// An Ed25519 key as DER is one of these, and then its 32 bytes (RFC 8410, section 10).
const PRIVATE_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const PUBLIC_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const FORM = /^e1\.([0-9a-f]{128})\./;
/** Characters before the JSON: `e1.`, the signature, a dot. */
const HEAD = 132;

/**
 * The key that broadcasts are signed with, derived from the fleet's key. Agents never have it: with a key that all of them
 * shared, each could speak for the control service.
 */
export function deriveBroadcastKey(fleetKey: string): KeyObject {
  const secret = createHmac("sha256", fleetKey).update("broadcast").digest();
  return createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, secret]), format: "der", type: "pkcs8" });
}

/** What an agent checks broadcasts with: 64 hex characters of an Ed25519 public key; no secret. */
export function publicBroadcastKey(fleetKey: string): string {
  const exported = createPublicKey(deriveBroadcastKey(fleetKey)).export({ format: "der", type: "spki" });
  return exported.subarray(PUBLIC_PREFIX.length).toString("hex");
}

/** JSON with its Ed25519 signature in front: `e1.<128 hex>.<json>`. The signature covers the bytes. */
export function signBroadcast(key: KeyObject, value: unknown): string {
  const json = JSON.stringify(value);
  return `e1.${sign(null, Buffer.from(json), key).toString("hex")}.${json}`;
}

/**
 * The JSON text inside a signed broadcast.
 * @param publicKey 64 hex characters, as `publicBroadcastKey` makes them
 * @returns a reader: null if the form or the signature is wrong
 * @throws Error if the key is none
 */
export function openBroadcasts(publicKey: string): (signed: string) => string | null {
  const der = Buffer.concat([PUBLIC_PREFIX, Buffer.from(publicKey, "hex")]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  return (signed) => {
    if (signed.length > MOST_SEALED_CHARACTERS) return null;
    const signature = FORM.exec(signed)?.[1];
    if (signature === undefined) return null;
    const json = signed.slice(HEAD);
    return verify(null, Buffer.from(json), key, Buffer.from(signature, "hex")) ? json : null;
  };
}
