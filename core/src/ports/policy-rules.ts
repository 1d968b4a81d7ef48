import type { Role } from "../domain/actor.ts";

/** Narrows what the people it names may change: to these commands, on these agents. */
export interface ScopeRule {
  /** Stable name, shown in refusals: `payments-only`. */
  readonly id: string;
  /** Ids of people and addresses of groups. */
  readonly who: readonly string[];
  /** Names of commands; `*` stands for all. */
  readonly commands: readonly string[];
  /** Words that stand still: ids, `content-*`, `@orders`, `owner=payments`, labels, `!id`; left out: all agents. */
  readonly agents: readonly string[] | null;
}

/** Keeps a person out of everything but help and whoami, whatever their role. */
export interface Block {
  readonly person: string;
  readonly reason: string;
  readonly by: string;
  /** ms since the epoch; null where it stands in access.yaml. */
  readonly since: number | null;
  readonly until: number | null;
}

/** Raises the role of a person for a while: of who is on call. */
export interface Lift {
  readonly person: string;
  readonly role: Role;
  readonly reason: string;
  readonly by: string;
  readonly since: number;
  readonly until: number;
}

/** A time in which a person is on call. */
export interface OnCall {
  readonly person: string;
  /** ms since the epoch. */
  readonly from: number;
  readonly until: number;
  /** Their role in this time, if it is higher than their own; null: their own. */
  readonly role: Role | null;
}

/** What narrows or widens the roles at this moment. */
export interface PolicyRules {
  /** SHA-256 of the standing rules; an approval is bound to it. Blocks and lifts are not in it: they are looked at anew. */
  readonly version: string;
  readonly scopes: readonly ScopeRule[];
  readonly blocks: readonly Block[];
  /** What was lifted by hand, and what being on call lifts at this moment. */
  readonly lifts: readonly Lift[];
  /** Who is on call at this moment. */
  readonly onCall: readonly OnCall[];
  /** A lift by hand may last this many hours. */
  readonly longestLiftHours: number;
  /** Moment when blocks and lifts were last read, ms since the epoch; null: not yet, so nobody may change anything. */
  readonly readAt: number | null;
}

/** The rules in force, answered from memory; at most 2 s behind what any replica wrote. */
export interface PolicyRulesPort {
  current(): PolicyRules;
}
