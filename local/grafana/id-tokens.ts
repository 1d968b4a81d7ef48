import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { z } from "zod";
import { forgeJwt } from "../google/jwt.ts";
import type { SigningKeys } from "./keys.ts";
import type { GrafanaPerson } from "./people.ts";

/** How the next tokens are made otherwise than Grafana would, to see who notices. */
export const AlterInput = z.strictObject({
  count: z.int().min(1).default(1),
  /** Put over the true claims; null leaves one out. */
  claims: z.record(z.string(), z.unknown()).default({}),
  /** The same for the header. */
  header: z.record(z.string(), z.unknown()).default({}),
  /** `none` leaves the signature away, `HS256` signs with the text of the published public key, `stranger` with an unknown key. */
  signature: z.enum(["ES256", "none", "HS256", "stranger"]).default("ES256"),
});
type Alteration = z.output<typeof AlterInput>;

/** Lifetime of Grafana's tokens. */
const LIFETIME_SECONDS = 600;

/** Identity tokens as Grafana signs them. */
export class IdTokens {
  readonly #keys: SigningKeys;
  readonly #rootUrl: () => string;
  #alterations: Alteration[] = [];

  /** @param rootUrl with the slash that Grafana puts at its end */
  constructor(keys: SigningKeys, rootUrl: () => string) {
    this.#keys = keys;
    this.#rootUrl = rootUrl;
  }

  alter(alteration: Alteration): void {
    this.#alterations.push({ ...alteration });
  }

  /** Only honest tokens from now on. */
  clear(): void {
    this.#alterations = [];
  }

  /** @returns null for who is let in without being somebody */
  issue(person: GrafanaPerson): string | null {
    if (person.kind === "anonymous") return null;
    const alteration = this.#takeAlteration();
    const { kid, privateKey, publicKey } = this.#keys.current();
    const head = withoutNulls({ kid, typ: "jwt", ...alteration?.header });
    const body = withoutNulls({ ...this.#claimsOf(person), ...alteration?.claims });
    switch (alteration?.signature) {
      case "none":
        return forgeJwt(head, body, null);
      case "HS256":
        return forgeJwt(head, body, String(publicKey.export({ format: "pem", type: "spki" })));
      case "stranger":
        return signByEs256(head, body, generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
      default:
        return signByEs256(head, body, privateKey);
    }
  }

  #claimsOf({ kind, uid, org, email, emailVerified, login, name, role }: GrafanaPerson): Record<string, unknown> {
    const now = Math.floor(Date.now() / 1000);
    const isUser = kind === "user";
    return {
      iss: this.#rootUrl(),
      aud: [`org:${org}`],
      sub: `${kind}:${uid}`,
      iat: now,
      exp: now + LIFETIME_SECONDS,
      identifier: uid,
      type: kind,
      namespace: org === 1 ? "default" : `org-${org}`,
      ...(isUser && { authenticatedBy: "oauth_google", email, email_verified: emailVerified, username: login, name }),
      role,
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

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function signByEs256(head: Readonly<Record<string, unknown>>, body: unknown, key: KeyObject): string {
  const signed = `${encode({ alg: "ES256", ...head })}.${encode(body)}`;
  const signature = sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" });
  return `${signed}.${signature.toString("base64url")}`;
}
