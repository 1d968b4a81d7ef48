import type { WebClient } from "@slack/web-api";
import { Failure } from "../../domain/failure.ts";

/** Why Slack's own record of a user speaks against letting them in; null if nothing does. */
export type UserObjection =
  | "deleted"
  | "bot"
  | "guest"
  | "of another company"
  | "of another workspace"
  | "without a confirmed mail"
  | "unknown to Slack";

/** What `users.info` says, reduced to what decides. */
export interface SlackUser {
  readonly user: string;
  /** For greeting only; names are not identity, anybody can change theirs. */
  readonly name: string;
  /** Confirmed by Slack, lower case; it proposes who somebody may be, and proves nothing. null if Slack names none. */
  readonly mail: string | null;
  readonly objection: UserObjection | null;
}

/**
 * Asks Slack who a user is.
 * @param team the workspace that is ours; members of others are objected to
 * @throws Failure "unavailable" (no answer, rate limited, or a token that Slack refuses)
 */
export async function lookUpUser(client: WebClient, user: string, team: string): Promise<SlackUser> {
  try {
    const { user: found } = await client.users.info({ user });
    if (!found) throw new Failure("unavailable", "Slack did not say who you are");
    const name = found.profile?.display_name || found.real_name || found.name || user;
    return { user, name, mail: found.profile?.email?.toLowerCase() ?? null, objection: objectionTo(found, team) };
  } catch (error) {
    if (isUnknownUser(error)) return { user, name: user, mail: null, objection: "unknown to Slack" };
    if (error instanceof Failure) throw error;
    throw new Failure("unavailable", "Slack did not say who you are", { cause: error });
  }
}

type FoundUser = NonNullable<Awaited<ReturnType<WebClient["users"]["info"]>>["user"]>;

function objectionTo(user: FoundUser, team: string): UserObjection | null {
  if (user.deleted) return "deleted";
  if (user.is_bot) return "bot";
  if (user.is_stranger) return "of another company";
  if (user.team_id !== team) return "of another workspace";
  if (user.is_restricted || user.is_ultra_restricted) return "guest";
  return user.is_email_confirmed === true ? null : "without a confirmed mail";
}

function isUnknownUser(error: unknown): boolean {
  const answer = (error as { data?: { error?: string } } | null)?.data?.error;
  return answer === "user_not_found" || answer === "user_not_visible" || answer === "users_not_found";
}
