import { GOOGLE_ISSUER } from "@rollcall/core/adapters/google/sign-in.ts";
import { secretText } from "@rollcall/core/secrets/read-settings.ts";
import type { Secret } from "@rollcall/core/secrets/secret.ts";
import { z } from "zod";

const issuer = z
  .url({ protocol: /^https?$/, error: "an address http://… or https://…" })
  .refine((text) => !text.endsWith("/"), "an address without / at its end");
const domain = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "a domain like example.com");

/** Settings of sign-in with Google at our own pages; the three without a default are set together or not at all. */
export const signInSettings = {
  GOOGLE_CLIENT_ID: z.string().min(8).optional().describe("OAuth client that people sign in to; no pages if not set"),
  GOOGLE_CLIENT_SECRET: secretText(16).optional().describe("Secret of that OAuth client"),
  GOOGLE_HOSTED_DOMAIN: domain.optional().describe("Workspace account whose people may sign in, by its main domain"),
  GOOGLE_ISSUER: issuer.default(GOOGLE_ISSUER).describe("Who signs people in; a stand-in in tests"),
  ROLLCALL_SLACK_LINK: z
    .enum(["required", "file"])
    .optional()
    .describe(
      "required: a Slack user is who signed in with Google for them; file: access.yaml may say it too. Left out: required in production with sign-in, else file",
    ),
};

const schema = z.object(signInSettings);
type Settings = z.output<typeof schema> & {
  readonly ROLLCALL_PUBLIC_URL: string;
  readonly ROLLCALL_PRODUCTION: boolean;
};

/** With what people sign in. */
export interface SignInSource {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly hostedDomain: string;
  readonly redirectUri: string;
}

/** Where Google sends people back to, below ROLLCALL_PUBLIC_URL; registered with the OAuth client. */
export const CALLBACK_PATH = "/auth/google/callback";

/** @returns null without sign-in */
export function signInSourceOf(settings: Settings): SignInSource | null {
  const {
    GOOGLE_CLIENT_ID: clientId,
    GOOGLE_CLIENT_SECRET: clientSecret,
    GOOGLE_HOSTED_DOMAIN: hostedDomain,
  } = settings;
  if (clientId === undefined || clientSecret === undefined || hostedDomain === undefined) return null;
  const redirectUri = new URL(CALLBACK_PATH, settings.ROLLCALL_PUBLIC_URL).href;
  return { issuer: settings.GOOGLE_ISSUER, clientId, clientSecret, hostedDomain, redirectUri };
}

/** Whether what access.yaml says of Slack users counts for nothing. */
export const isLinkRequired = (settings: Settings): boolean =>
  settings.ROLLCALL_SLACK_LINK === undefined
    ? settings.ROLLCALL_PRODUCTION && signInSourceOf(settings) !== null
    : settings.ROLLCALL_SLACK_LINK === "required";

const TOGETHER = ["GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "GOOGLE_HOSTED_DOMAIN"] as const;

/** What does not fit together, one sentence each. */
export function signInProblems(settings: Settings): string[] {
  const missing = TOGETHER.filter((name) => settings[name] === undefined);
  const isOn = missing.length === 0;
  const problems: string[] = [];
  if (!isOn && missing.length < TOGETHER.length)
    problems.push(`${missing.join(", ")} not set, but another setting of sign-in is: set all three, or none`);
  if (isOn && !isGuarded(settings.ROLLCALL_PUBLIC_URL))
    problems.push(
      "ROLLCALL_PUBLIC_URL is http://, and a cookie must not go over it: allowed is https://, or this machine itself",
    );
  if (isOn && settings.ROLLCALL_PRODUCTION && settings.GOOGLE_ISSUER.startsWith("http:"))
    problems.push("GOOGLE_ISSUER is http://: in production only https:// is taken");
  if (!isOn && settings.ROLLCALL_SLACK_LINK === "required")
    problems.push(`ROLLCALL_SLACK_LINK is required, so people must be able to sign in: set ${TOGETHER.join(", ")}`);
  if (isOn && settings.ROLLCALL_PRODUCTION && settings.ROLLCALL_SLACK_LINK === "file")
    problems.push("ROLLCALL_SLACK_LINK is file: in production with sign-in, people link themselves; leave it out");
  return problems;
}

function isGuarded(publicUrl: string): boolean {
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === "https:" || isLoopback(hostname);
}

/** `localhost`, 127.…, ::1 */
const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
