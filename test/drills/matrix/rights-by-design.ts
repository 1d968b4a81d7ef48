import type { Door, Role } from "@rollcall/core/domain/actor.ts";

/**
 * What the design says about rights, written down a second time from its words and not from the code: a small model that
 * the real command path is compared with. It names everything that speaks against a wish; the code may stop at the first.
 */

/** What became of a person beside the groups they were put into. */
export type Standing =
  | "known"
  | "member of a nested group"
  | "blocked in the file"
  | "block of the file over"
  | "blocked in PostgreSQL"
  | "lifted to operator"
  | "lifted to admin"
  | "lift over"
  | "narrowed by name"
  | "narrowed by group"
  | "suspended"
  | "archived"
  | "removed from the directory"
  | "of a foreign domain";

/** What somebody shows at the door. */
export type Credential =
  | "good"
  | "for reading only"
  | "for acting only"
  | "expired"
  | "unknown"
  | "none"
  | "of the webhook"
  /** Slack's own word about who writes. */
  | "deleted in Slack"
  | "bot in Slack"
  | "guest in Slack"
  | "of another company in Slack"
  | "of another workspace in Slack"
  | "without a confirmed mail in Slack";

export interface Subject {
  /** Role of the group they were put into; null: of none. */
  readonly granted: Role | null;
  readonly standing: Standing;
  /** Of our own fixed actors: the commands that it may run; null: a person. */
  readonly fixed: readonly string[] | null;
}

/** What the control service knows about rights at this moment. */
export interface Knowledge {
  /** Age of the list of people; null: there never was one. */
  readonly ageMinutes: number | null;
  readonly held: boolean;
  /** Whether the directory itself answers when it is asked now. */
  readonly answers: boolean;
  readonly blocksRead: boolean;
}

export interface Wanted {
  readonly name: string;
  readonly kind: "read" | "act";
  readonly role: Role | null;
  readonly danger: number;
  readonly live: boolean;
  /** Agents it is about, by the ids in the example. */
  readonly agents: readonly string[];
}

export interface Cell {
  readonly door: Door;
  readonly credential: Credential;
  readonly subject: Subject;
  readonly knowledge: Knowledge;
  readonly wanted: Wanted;
}

/** The only change that a narrowed person may make, and the only agent they may make it on. */
export const NARROWED_TO = { command: "drill", agent: "order-validator" };
/** More agents than one person may touch alone. */
const MOST_ALONE = 3;
const OLDEST_MINUTES: Readonly<Record<Role, number>> = { viewer: 15, operator: 15, admin: 5 };
const RANK: Readonly<Record<Role, number>> = { viewer: 1, operator: 2, admin: 3 };
const rankOf = (role: Role | null): number => (role === null ? 0 : RANK[role]);

/** Reasons that are found only once the agents or the request in question are known. */
const LATE = new Set(["not-confirmed", "scope", "token-never-approves", "not-yours"]);

/** @returns ids of the rules that speak against it; empty: it is let in */
export function reasonsAgainst(cell: Cell): readonly string[] {
  const { credential, wanted, subject } = cell;
  if (["expired", "unknown", "none", "of the webhook"].includes(credential)) return ["unauthenticated"];
  const byScope = tokenReasons(cell);
  if (subject.fixed !== null) return subject.fixed.includes(wanted.name) ? [] : ["fixed-rights"];
  // Whom Slack itself objects to is nobody whom a person could stand behind.
  if (wanted.name === "link") return [...byScope, ...slackReasons(cell)];
  // help, whoami: for everybody who is let in at all.
  if (wanted.role === null) return byScope;
  return [...byScope, ...slackReasons(cell), ...personReasons(cell), ...changeReasons(cell)];
}

/** Whether every reason comes up only when agents are looked up, so that "there is no such thing" may come first. */
export const isLate = (reasons: readonly string[]): boolean => reasons.every((reason) => LATE.has(reason));

/** Whether it may only be done by two people. */
export const needsTwo = ({ wanted }: Pick<Cell, "wanted">): boolean =>
  wanted.kind === "act" && (wanted.danger === 3 || (wanted.danger >= 2 && wanted.agents.length > MOST_ALONE));

function tokenReasons({ credential, wanted }: Cell): string[] {
  if (credential === "for reading only" && wanted.kind === "act") return ["scope-act"];
  return credential === "for acting only" && wanted.kind === "read" ? ["scope-read"] : [];
}

const slackReasons = ({ credential }: Cell): string[] => (credential.endsWith("Slack") ? ["slack-identity"] : []);

/** What the directory itself gives them: nobody who is suspended, foreign or unknown has a role. */
function directoryRole({ subject: { granted, standing }, knowledge }: Cell): Role | null {
  const isOut = ["suspended", "archived", "removed from the directory", "of a foreign domain"].includes(standing);
  return isOut || knowledge.ageMinutes === null ? null : granted;
}

function roleInForce(cell: Cell): Role | null {
  const given = directoryRole(cell);
  const { standing } = cell.subject;
  // A lift raises somebody whom the directory knows for one of the groups; it opens the door to nobody else.
  if (given === null || !cell.knowledge.blocksRead) return given;
  if (standing === "lifted to admin") return "admin";
  return standing === "lifted to operator" && RANK[given] < RANK.operator ? "operator" : given;
}

function personReasons(cell: Cell): string[] {
  const { standing } = cell.subject;
  const found = standing === "blocked in the file" || standing === "blocked in PostgreSQL" ? ["blocked"] : [];
  const role = roleInForce(cell);
  const needed = cell.wanted.role;
  if (rankOf(role) >= rankOf(needed)) return found;
  return [...found, role === null ? "stranger" : `role-${needed}`];
}

/** What a look is not asked: old, doubtful or unconfirmed knowledge, narrowed rights, and who may agree. */
function changeReasons(cell: Cell): string[] {
  const { wanted, door } = cell;
  if (wanted.kind === "read") return [];
  // A token is something that somebody has; only where a person is present may they agree.
  const isByToken = !["slack", "grafana", "page"].includes(door);
  const against: Readonly<Record<string, boolean>> = {
    ...knowledgeAgainst(cell),
    scope: isNarrowed(cell),
    "token-never-approves": wanted.name === "approve" && isByToken,
    "not-yours": wanted.name === "withdraw",
  };
  return Object.keys(against).filter((rule) => against[rule]);
}

function knowledgeAgainst(cell: Cell): Readonly<Record<string, boolean>> {
  const { wanted, knowledge } = cell;
  const age = knowledge.ageMinutes ?? Number.POSITIVE_INFINITY;
  return {
    "rules-unknown": !knowledge.blocksRead,
    "directory-held": knowledge.held,
    "directory-stale": age > OLDEST_MINUTES[wanted.role ?? "admin"],
    "not-confirmed": isDangerous(cell) && !knowledge.answers,
  };
}

const isDangerous = (cell: Cell): boolean => cell.wanted.live || needsTwo(cell);

function isNarrowed({ subject: { standing, granted }, wanted }: Cell): boolean {
  // The rule names the group of operators; who is in another group is not meant.
  const isMeant = standing === "narrowed by name" || (standing === "narrowed by group" && granted === "operator");
  const isOutside = wanted.agents.some((agent) => agent !== NARROWED_TO.agent);
  return isMeant && (wanted.name !== NARROWED_TO.command || isOutside);
}
