import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createGoogleClient, type GoogleClient } from "./client.ts";
import { signJwt } from "./jwt.ts";
import { GROUP_MEMBERS_SCOPE, USERS_SCOPE } from "./service-account.ts";
import { createGoogleStandIn, type GoogleStandIn } from "./stand-in.ts";

export const SERVICE_ACCOUNT = "rollcall@local-project.iam.gserviceaccount.com";
export const ADMIN = "workspace-admin@example.test";
export const REDIRECT_URI = "http://127.0.0.1:8080/auth/google/callback";
export const CLIENT = { id: "1000000000-test.apps.googleusercontent.com", secret: "GOCSPX-0123456789abcdef" };

export interface TestAccount {
  readonly google: GoogleStandIn;
  readonly client: GoogleClient;
  /** The service account's private key, as PEM. */
  readonly privateKey: string;
  readonly key: KeyObject;
  close(): Promise<void>;
}

/** A stand-in with a service account of its own. */
export async function openTestAccount(): Promise<TestAccount> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const google = await createGoogleStandIn({
    port: 0,
    serviceAccount: { email: SERVICE_ACCOUNT, publicKey: String(publicKey.export({ format: "pem", type: "spki" })) },
    client: { ...CLIENT, redirectUris: [REDIRECT_URI] },
  });
  return {
    google,
    client: createGoogleClient(google.url),
    privateKey: String(privateKey.export({ format: "pem", type: "pkcs8" })),
    key: privateKey,
    close: () => google.close(),
  };
}

/** Claims of an assertion that the stand-in takes. */
export function goodClaims(): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: SERVICE_ACCOUNT,
    sub: ADMIN,
    scope: `${GROUP_MEMBERS_SCOPE} ${USERS_SCOPE}`,
    aud: "https://oauth2.googleapis.com/token",
    iat: now,
    exp: now + 3600,
  };
}

/** An access token by a signed assertion. */
export async function accessToken({ google, key }: TestAccount, claims: object = {}): Promise<string> {
  const assertion = signJwt({}, { ...goodClaims(), ...claims }, key);
  const form = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion };
  const { body } = await postForm(`${google.url}/token`, form);
  return String(body.access_token);
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export async function postForm(url: string, form: Record<string, string>): Promise<Answer> {
  const response = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
