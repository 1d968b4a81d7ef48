import { randomUUID } from "node:crypto";
import { sign } from "@rollcall/local/slack/delivery.ts";

/** A slash command as Slack sends it, signed; sent again it is a replay. */
export interface SignedCommand {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Who types: an id of Slack's, in the workspace that it says it is of. */
export interface Typist {
  readonly user: string;
  readonly team: string;
}

const OPERATOR: Typist = { user: "U0OPERATOR", team: "T0LOCAL" };

/** What somebody types in #fleet-ops. @param text without `/fleet` */
export function signCommand(text: string, signingSecret: string, { user, team }: Typist = OPERATOR): SignedCommand {
  const timestamp = Math.floor(Date.now() / 1000);
  const body = new URLSearchParams({
    ...{ token: "bench", team_id: team, team_domain: "local", channel_id: "C0OPS", channel_name: "fleet-ops" },
    ...{ user_id: user, user_name: user.toLowerCase(), command: "/fleet", text, api_app_id: "A0FLEET" },
    ...{ is_enterprise_install: "false", trigger_id: `${timestamp}.${randomUUID()}` },
  }).toString();
  return {
    body,
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": String(timestamp),
      "x-slack-signature": sign(signingSecret, timestamp, body),
    },
  };
}

/** @returns the answer's text. @throws Error if it is not 200 */
export async function sendSigned(url: string, { headers, body }: SignedCommand): Promise<string> {
  const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(30_000) });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 200)}`);
  return text;
}
