import { createHmac, type KeyObject, sign, verify } from "node:crypto";
import { z } from "zod";

const header = z.looseObject({ alg: z.string(), kid: z.string().optional(), typ: z.string().optional() });
const claims = z.record(z.string(), z.unknown());

/** A JWT taken apart; nothing about it is proven. */
export interface ReadJwt {
  readonly header: z.output<typeof header>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: string;
  readonly signature: Buffer;
}

/** @returns null if the text is no JWT */
export function readJwt(text: string): ReadJwt | null {
  const parts = text.split(".");
  const [head = "", body = "", signature = ""] = parts;
  if (parts.length !== 3 || !parts.every((part) => /^[\w-]*$/.test(part))) return null;
  try {
    return {
      header: header.parse(JSON.parse(Buffer.from(head, "base64url").toString("utf8"))),
      claims: claims.parse(JSON.parse(Buffer.from(body, "base64url").toString("utf8"))),
      signed: `${head}.${body}`,
      signature: Buffer.from(signature, "base64url"),
    };
  } catch {
    return null;
  }
}

/** Whether the JWT says RS256 and is signed by the key. */
export const isSignedBy = (jwt: ReadJwt, key: KeyObject): boolean =>
  jwt.header.alg === "RS256" && verify("sha256", Buffer.from(jwt.signed), key, jwt.signature);

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Signs by RS256. */
export function signJwt(head: Readonly<Record<string, unknown>>, body: unknown, key: KeyObject): string {
  const signed = `${encode({ alg: "RS256", typ: "JWT", ...head })}.${encode(body)}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}`;
}

/** What no honest issuer makes: no signature at all, or one by HMAC with a text that everybody knows. */
export function forgeJwt(head: Readonly<Record<string, unknown>>, body: unknown, hmacKey: string | null): string {
  const signed = `${encode({ typ: "JWT", ...head, alg: hmacKey === null ? "none" : "HS256" })}.${encode(body)}`;
  const signature = hmacKey === null ? "" : createHmac("sha256", hmacKey).update(signed).digest("base64url");
  return `${signed}.${signature}`;
}
