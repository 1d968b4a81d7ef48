import type { LinkedDirectory } from "@rollcall/core/adapters/linked-directory.ts";
import type { SlackUser } from "@rollcall/core/adapters/slack/user-lookup.ts";
import type { ApiTokens } from "@rollcall/core/ports/api-tokens.ts";
import type { Sessions } from "@rollcall/core/ports/sessions.ts";
import type { SignIn } from "@rollcall/core/ports/sign-in.ts";
import type { SlackLinks } from "@rollcall/core/ports/slack-links.ts";
import type { Seal } from "@rollcall/core/secrets/sealed-text.ts";
import type { AppDeps } from "../http/deps.ts";

/** What sign-in and the pages behind it need beside the rest of the HTTP door. */
export interface PageDeps {
  /** `https://rollcall.example.com` */
  readonly publicUrl: string;
  readonly hostedDomain: string;
  readonly signIn: SignIn;
  readonly sessions: Sessions;
  readonly tokens: ApiTokens;
  readonly links: SlackLinks;
  readonly directory: Pick<LinkedDirectory, "byGoogle" | "byId" | "hasSession" | "refreshStored" | "source">;
  /** Of Google's grants in the database. */
  readonly seal: Seal;
  /** Forms are proven by it. */
  readonly formKey: Buffer;
  /** Asks Slack anew. @throws Failure "unavailable" */
  readonly lookUpSlack: (user: string) => Promise<SlackUser>;
}

/** What the pages share with the API. */
export type Shared = Pick<AppDeps, "ports" | "attempts" | "failedAttempts" | "fleet">;
