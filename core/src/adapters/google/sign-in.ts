import { z } from "zod";
import { Failure } from "../../domain/failure.ts";
import type { Clock } from "../../ports/clock.ts";
import type { SignIn } from "../../ports/sign-in.ts";
import type { Secret } from "../../secrets/secret.ts";
import { checkIdToken } from "./id-token.ts";
import { createKeySet, type KeySet } from "./key-set.ts";

export const GOOGLE_ISSUER = "https://accounts.google.com";

export interface SignInOptions {
  /** `https://accounts.google.com`, or a stand-in. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly hostedDomain: string;
  /** Where Google sends people back to, as registered there. */
  readonly redirectUri: string;
  readonly clock: Clock;
}

/** A person waits for it. */
const CALL_MS = 5_000;
/** Google changes its addresses once in years. */
const DISCOVERY_MS = 24 * 3_600_000;
/** Google's answers are a few kB. */
const MOST_BYTES = 256 * 1024;

const discovery = z.looseObject({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
});
type Discovery = z.output<typeof discovery>;
const tokens = z.looseObject({
  id_token: z.string().max(20_000).optional(),
  refresh_token: z.string().max(2000).optional(),
});
const refused = z.looseObject({ error: z.string() });

/** Sign-in with Google by authorization code and PKCE; every answer is checked before anybody is believed. */
export function createSignIn(options: SignInOptions): SignIn {
  const { clientId, hostedDomain, redirectUri, issuer, clock } = options;
  const endpoints = createDiscovery(issuer, clock);
  const keys: KeySet = createKeySet(async () => readJson((await endpoints()).jwks_uri), clock);
  const check = (token: string, nonce: string | null) =>
    checkIdToken(token, { issuer, clientId, hostedDomain, nonce }, { keys, clock });
  const redeem = async (form: Record<string, string>) =>
    askForTokens((await endpoints()).token_endpoint, form, options);
  return {
    async addressFor({ state, nonce, challenge }) {
      const address = new URL((await endpoints()).authorization_endpoint);
      const asked = {
        ...{ client_id: clientId, redirect_uri: redirectUri, response_type: "code", scope: "openid email profile" },
        ...{ state, nonce, code_challenge: challenge, code_challenge_method: "S256" },
        // Without both Google gives no grant to ask again with.
        ...{ access_type: "offline", prompt: "consent", hd: hostedDomain },
      };
      for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
      return address.href;
    },
    async redeem({ code, nonce, verifier }) {
      const form = { grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: redirectUri };
      const answer = await redeem(form);
      if (answer === null || answer.id_token === undefined)
        throw new Failure("unauthenticated", "Google does not know this sign-in", {
          rule: "code",
          next: "Sign in again.",
        });
      return { ...(await check(answer.id_token, nonce)), grant: answer.refresh_token ?? null };
    },
    async confirm(grant, google) {
      const answer = await redeem({ grant_type: "refresh_token", refresh_token: grant });
      if (answer === null) return null;
      if (answer.id_token !== undefined && (await check(answer.id_token, null)).google !== google) return null;
      return { grant: answer.refresh_token ?? null };
    },
  };
}

/** @returns null if Google refuses what was shown @throws Failure "unavailable" */
async function askForTokens(url: string, form: Record<string, string>, { clientId, clientSecret }: SignInOptions) {
  const body = new URLSearchParams({ ...form, client_id: clientId, client_secret: clientSecret.reveal() });
  const { status, json } = await call(url, { method: "POST", body });
  if (status === 200) {
    const parsed = tokens.safeParse(json);
    if (parsed.success) return parsed.data;
    throw away("Google's answer to a sign-in is not of the form it promises");
  }
  const error = refused.safeParse(json);
  if (error.success && error.data.error === "invalid_grant") return null;
  // Our own settings, or an outage: nobody's sign-in is at fault.
  throw away(`Google refused the sign-in as ${error.success ? error.data.error.slice(0, 60) : `status ${status}`}`);
}

function createDiscovery(issuer: string, clock: Clock): () => Promise<Discovery> {
  let known: { readonly at: number; readonly found: Discovery } | null = null;
  return async () => {
    if (known !== null && clock.now() - known.at < DISCOVERY_MS) return known.found;
    const parsed = discovery.safeParse(await readJson(`${issuer}/.well-known/openid-configuration`));
    // Whoever answers for Google must say so; otherwise its keys would count for Google's.
    if (!parsed.success || parsed.data.issuer !== issuer) throw away(`${issuer} does not say where to sign in`);
    known = { at: clock.now(), found: parsed.data };
    return parsed.data;
  };
}

async function readJson(url: string): Promise<unknown> {
  const { status, json } = await call(url, {});
  if (status === 200) return json;
  throw away(`Google answered with status ${status}`);
}

async function call(url: string, init: RequestInit): Promise<{ status: number; json: unknown }> {
  try {
    const response = await fetch(url, { ...init, redirect: "error", signal: AbortSignal.timeout(CALL_MS) });
    const text = await response.text();
    if (text.length > MOST_BYTES) throw away("Google's answer is too long");
    return { status: response.status, json: JSON.parse(text) as unknown };
  } catch (cause) {
    throw cause instanceof Failure ? cause : away("Google does not answer", cause);
  }
}

const away = (message: string, cause?: unknown): Failure =>
  new Failure("unavailable", message, {
    next: "Sign in again in a minute.",
    ...(cause === undefined ? {} : { cause }),
  });
