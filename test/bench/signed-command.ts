import { randomUUID } from "node:crypto";
import { sign } from "@rollcall/local/slack/delivery.ts";

/** A slash command or a pressed button as Slack sends it, signed; sent again it is a replay. */
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
  const fields = {
    ...{ token: "bench", team_id: team, team_domain: "local", channel_id: "C0OPS", channel_name: "fleet-ops" },
    ...{ user_id: user, user_name: user.toLowerCase(), command: "/fleet", text, api_app_id: "A0FLEET" },
    ...{ is_enterprise_install: "false", trigger_id: newTrigger() },
  };
  return signForm(fields, signingSecret);
}

/** A button of an answer in #fleet-ops that somebody presses. @param order what the button carries */
export function signPress(
  order: { readonly command: string; readonly input: object },
  signingSecret: string,
  { user, team }: Typist = OPERATOR,
): SignedCommand {
  const ts = `${Math.floor(Date.now() / 1000)}.000100`;
  const payload = {
    ...{ type: "block_actions", api_app_id: "A0FLEET", token: "bench", trigger_id: newTrigger() },
    user: { id: user, username: user.toLowerCase(), name: user.toLowerCase(), team_id: team },
    team: { id: team, domain: "local" },
    ...{ enterprise: null, is_enterprise_install: false, channel: { id: "C0OPS", name: "fleet-ops" } },
    container: { type: "message", message_ts: ts, channel_id: "C0OPS", is_ephemeral: true },
    ...{ state: { values: {} }, response_url: "" },
    actions: [
      {
        ...{ type: "button", action_id: `do.${order.command}.0`, block_id: "actions", action_ts: ts },
        ...{ text: { type: "plain_text", text: "Do it", emoji: true }, value: JSON.stringify(order) },
      },
    ],
  };
  return signForm({ payload: JSON.stringify(payload) }, signingSecret);
}

const newTrigger = (): string => `${Math.floor(Date.now() / 1000)}.${randomUUID()}`;

function signForm(fields: Readonly<Record<string, string>>, signingSecret: string): SignedCommand {
  const timestamp = Math.floor(Date.now() / 1000);
  const body = new URLSearchParams(fields).toString();
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
