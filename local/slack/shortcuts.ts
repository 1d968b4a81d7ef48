import { ActError, type ActingParts, FORM, failureOf, findPlace, presentUser, tell, wrap } from "./acting.ts";
import type { Ack } from "./delivery.ts";
import { presentMessage } from "./present.ts";
import { TEAM } from "./records.ts";

export interface Shortcut {
  readonly user: string;
  readonly channel: string;
  readonly ts: string;
  readonly callback_id: string;
}

/** Chooses a shortcut from the menu of a message: docs.slack.dev, "Message shortcut payload". */
export async function chooseShortcut(chosen: Shortcut, parts: ActingParts): Promise<Ack[]> {
  const { user, channel } = findPlace(chosen.user, chosen.channel, parts);
  const { workspace } = parts;
  const message = workspace.find(channel.id, chosen.ts);
  if (message === undefined) throw new ActError(`no message ${chosen.ts} in ${channel.name}`);
  const target = { channel: channel.id, user: user.id, thread_ts: message.thread_ts, message: null };
  const payload = {
    ...{ type: "message_action", callback_id: chosen.callback_id, token: "stand-in", action_ts: workspace.nextTs() },
    ...{ trigger_id: parts.triggers.issue(user.id), message_ts: message.ts },
    ...{ user: presentUser(user), team: { id: TEAM.id, domain: TEAM.domain } },
    ...{ enterprise: null, is_enterprise_install: false, channel: { id: channel.id, name: channel.name } },
    message: presentMessage(message, workspace),
    response_url: `${parts.url}/actions/${TEAM.id}/${parts.responseUrls.issue(target)}`,
  };
  const label = `shortcut · ${chosen.callback_id}`;
  const acks = await parts.delivery.send({
    ...{ kind: "message_action", label, user: user.id, contentType: FORM, body: wrap(payload) },
  });
  for (const failure of acks.map(failureOf))
    if (failure !== null)
      tell(parts, { user: user.id, channel: channel.id }, `The shortcut failed with the error "${failure}"`);
  return acks;
}
