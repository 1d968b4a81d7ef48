import type { Parts } from "./call.ts";
import type { Ack, Delivery } from "./delivery.ts";
import type { Events } from "./events.ts";
import type { ResponseUrls } from "./lifetimes.ts";
import { type Channel, isRecord, type Json, SLACKBOT, type User } from "./records.ts";

export interface ActingParts extends Parts {
  readonly delivery: Delivery;
  readonly events: Events;
  readonly responseUrls: ResponseUrls;
}

/** An act that cannot be: the person who asked hears why. */
export class ActError extends Error {}

export const FORM = "application/x-www-form-urlencoded";

/** A person and a channel in which they are. @throws ActError */
export function findPlace(userId: string, channelId: string, { workspace }: Parts): { user: User; channel: Channel } {
  const user = workspace.users.get(userId);
  const channel = workspace.channels.get(channelId);
  if (user === undefined || user.is_bot) throw new ActError(`no person ${userId}`);
  if (channel === undefined) throw new ActError(`no channel ${channelId}`);
  if (!channel.members.has(userId)) throw new ActError(`${userId} is not in ${channel.name}`);
  return { user, channel };
}

/** Why a person gets no result: Slack's name of the failure; null if the app took the request. */
export const failureOf = ({ outcome }: Ack): string | null => {
  if (outcome === "acked") return null;
  return outcome === "failed" ? "dispatch_failed" : "operation_timeout";
};

/** Slack's own words to one person. */
export function tell(
  { workspace }: ActingParts,
  to: { user: string; channel: string; thread?: string | null },
  text: string,
): void {
  workspace.post({ channel: to.channel, user: SLACKBOT, text, thread_ts: to.thread ?? null, visible_to: to.user });
}

/** The body of an interaction as Slack sends it. */
export const wrap = (payload: Json): string => new URLSearchParams({ payload: JSON.stringify(payload) }).toString();

export const presentUser = ({ id, name, team_id }: User): Json => ({ id, username: name, name, team_id });

/** A JSON object; an empty one if the text is none. */
export function parseRecord(body: string): Json {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
