import { lookUpUser, type SlackUser, type UserObjection } from "@rollcall/core/adapters/slack/user-lookup.ts";
import type { Actor } from "@rollcall/core/domain/actor.ts";
import { personActor } from "@rollcall/core/person-actor.ts";
import { rightsOf } from "@rollcall/core/policy.ts";
import type { Clock } from "@rollcall/core/ports/clock.ts";
import type { Directory } from "@rollcall/core/ports/directory.ts";
import type { PolicyRulesPort } from "@rollcall/core/ports/policy-rules.ts";
import type { WebClient } from "@slack/web-api";

/** Who pressed or typed, and what speaks against them. */
export interface Identified {
  /** Role null for everybody but a person of the directory whom Slack vouches for. */
  readonly actor: Actor;
  /** Why Slack's record keeps them out; null if it does not. */
  readonly objection: UserObjection | null;
  /** Whether Slack confirmed it just now; if not, nothing may be changed on this word. */
  readonly confirmed: boolean;
}

export interface IdentityDeps {
  /** A client of its own: its time limit is short, because a person waits. */
  readonly client: WebClient;
  readonly team: string;
  readonly directory: Directory;
  readonly rules: PolicyRulesPort;
  readonly clock: Clock;
}

/** Who left or lost rights in Slack acts no longer than this. */
const FRESH_MS = 60_000;
/** While Slack does not answer, persons seen in this time may still look. */
const KEPT_MS = 15 * 60_000;
const REMEMBERED = 1000;

/** Answers who a Slack user is, on every request anew; never by the name that the request carries. */
export function createIdentity(deps: IdentityDeps): (team: string, user: string) => Promise<Identified> {
  const seen = new Map<string, { at: number; found: SlackUser }>();
  return async (team, user) => {
    if (team !== deps.team) return stranger(team, user, { objection: "of another workspace", confirmed: true });
    const looked = await look(user);
    if (looked === null) return stranger(team, user, { objection: null, confirmed: false });
    const { found, confirmed } = looked;
    const person = found.objection === null ? deps.directory.bySlack(team, user) : null;
    if (person === null) return stranger(team, user, { objection: found.objection, confirmed, name: found.name });
    const actor: Actor = { ...personActor(person, rightsOf(deps)), slackUser: user };
    return { actor, objection: null, confirmed };
  };

  async function look(user: string): Promise<{ found: SlackUser; confirmed: boolean } | null> {
    const known = seen.get(user);
    if (known !== undefined && deps.clock.now() - known.at < FRESH_MS) return { found: known.found, confirmed: true };
    try {
      const found = await lookUpUser(deps.client, user, deps.team);
      remember(user, found);
      return { found, confirmed: true };
    } catch {
      // Fail closed: the caller lets an unconfirmed person look, never change.
      const usable = known !== undefined && deps.clock.now() - known.at < KEPT_MS;
      return usable ? { found: known.found, confirmed: false } : null;
    }
  }

  function remember(user: string, found: SlackUser): void {
    seen.delete(user);
    seen.set(user, { at: deps.clock.now(), found });
    const [oldest] = seen.keys();
    if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest);
  }
}

function stranger(
  team: string,
  user: string,
  known: { objection: UserObjection | null; confirmed: boolean; name?: string },
): Identified {
  const { objection, confirmed, name } = known;
  const source = objection === null ? "nobody in the directory" : `Slack: ${objection}`;
  const actor: Actor = {
    id: `slack:${team}/${user}`,
    name: name ?? user,
    role: null,
    person: false,
    source,
    slackUser: user,
  };
  return { actor, objection, confirmed };
}
