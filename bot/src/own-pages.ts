import { createSignIn } from "@rollcall/core/adapters/google/sign-in.ts";
import { lookUpUser } from "@rollcall/core/adapters/slack/user-lookup.ts";
import { createSlackClient } from "@rollcall/core/adapters/slack/web-client.ts";
import type { Ports } from "@rollcall/core/command.ts";
import { createSeal, keyFrom } from "@rollcall/core/secrets/sealed-text.ts";
import type { Adapters } from "./adapters.ts";
import type { ControlConfig } from "./config.ts";
import type { Database } from "./database.ts";
import type { AppDeps } from "./http/deps.ts";
import { createStoredTokens } from "./http/stored-tokens.ts";
import type { PageDeps } from "./page/deps.ts";
import { createSessionDoor } from "./page/session-door.ts";
import { signInSourceOf } from "./sign-in-settings.ts";

/** A person waits for Slack's word. */
const SLACK_MS = 3_000;

/** The pages behind sign-in, if there is sign-in; and tokens that people made, which stay good without it. */
export function openOwnPages(
  config: ControlConfig,
  adapters: Adapters,
  onProblem: (problem: string, cause?: unknown) => void,
): Pick<AppDeps, "pages" | "sessions" | "storedTokens"> {
  const { ports, directory, database } = adapters;
  const { clock } = ports;
  const storedTokens = createStoredTokens({ directory, tokens: database.apiTokens, clock, onProblem });
  const source = signInSourceOf(config);
  if (source === null) return { storedTokens };
  const pages: PageDeps = {
    publicUrl: config.ROLLCALL_PUBLIC_URL,
    hostedDomain: source.hostedDomain,
    signIn: createSignIn({ ...source, clock }),
    sessions: database.sessions,
    tokens: database.apiTokens,
    links: database.slackLinks,
    directory,
    seal: createSeal(config.ROLLCALL_FLEET_KEY, "google grants"),
    formKey: keyFrom(config.ROLLCALL_FLEET_KEY, "forms of pages"),
    lookUpSlack: slackLookUp(config),
  };
  return { storedTokens, pages, sessions: createSessionDoor(pages, { ports }) };
}

function slackLookUp(config: ControlConfig): PageDeps["lookUpSlack"] {
  const access = { token: config.SLACK_BOT_TOKEN.reveal(), apiUrl: config.SLACK_API_URL };
  const client = createSlackClient({ ...access, timeoutMs: SLACK_MS });
  return (user) => lookUpUser(client, user, config.SLACK_TEAM_ID);
}

/** Where the command `link` sends people; nowhere without sign-in. */
export function linkingOf(config: ControlConfig, { slackLinks }: Pick<Database, "slackLinks">): Pick<Ports, "linking"> {
  if (signInSourceOf(config) === null) return {};
  const team = config.SLACK_TEAM_ID;
  const addressFor = async (user: string): Promise<string> => {
    const text = await slackLinks.propose({ team, user });
    return new URL(`/link/${text}`, config.ROLLCALL_PUBLIC_URL).href;
  };
  return { linking: { addressFor } };
}
