/** What is wanted of an agent now. Times are ms since the epoch. */
export interface Standing {
  readonly state: "running" | "stopped" | "paused";
  readonly since: number | null;
  /** When a pause ends by itself. */
  readonly until: number | null;
}

/** An agent of a freeze: what it was wanted to be before, and by which desired state the freeze holds it. */
export interface FreezeMember {
  readonly agent: string;
  readonly before: Standing["state"];
  readonly beforeUntil: number | null;
  /** null: it was off anyway, and the freeze has nothing to give back. */
  readonly heldSince: number | null;
}

/** A freeze that has not ended. */
export interface ActiveFreeze {
  /** fz-3 */
  readonly id: string;
  readonly by: string;
  readonly reason: string | null;
  readonly startedAt: number;
  readonly endsAt: number;
  readonly members: readonly FreezeMember[];
}

/** What is to be wanted of an agent from now on. */
export interface StandingChange {
  readonly agent: string;
  readonly state: "running" | "paused";
  /** The `since` of it: that of before if only the end of a pause moves. */
  readonly since: number;
  readonly until: number | null;
}

const RUNNING: Standing = { state: "running", since: null, until: null };

/**
 * What a freeze of these agents changes, and what it remembers of each. Who runs is paused; a pause that would end before the
 * freeze does is prolonged; who is held by another freeze is held by both; who is off for longer is only remembered.
 */
export function planFreeze(
  agents: readonly string[],
  { standing, active, now, endsAt }: Situation & { readonly endsAt: number },
): { readonly members: readonly FreezeMember[]; readonly changes: readonly StandingChange[] } {
  const members: FreezeMember[] = [];
  const changes: StandingChange[] = [];
  for (const agent of agents) {
    const found = standing.get(agent) ?? RUNNING;
    const member = memberOf(agent, found, { active, now, endsAt });
    members.push(member);
    const { heldSince } = member;
    const isPausedLongEnough = found.state === "paused" && (found.until === null || found.until >= endsAt);
    if (heldSince !== null && !isPausedLongEnough)
      changes.push({ agent, state: "paused", since: heldSince, until: endsAt });
  }
  return { members, changes };
}

function memberOf(
  agent: string,
  { state, since, until }: Standing,
  { active, now, endsAt }: { active: readonly ActiveFreeze[]; now: number; endsAt: number },
): FreezeMember {
  const holder = active.map((freeze) => holdOf(freeze, agent, since)).find((hold) => hold !== null);
  // A pause that only gets another end stays the pause that it is.
  if (holder !== undefined) return { ...holder, heldSince: since };
  const isShortPause = state === "paused" && until !== null && until < endsAt;
  const heldSince = state === "running" ? now : isShortPause ? since : null;
  return { agent, before: state, beforeUntil: until, heldSince };
}

/** All that a freeze or a thaw looks at. */
export interface Situation {
  /** Of each agent; one that is not there should run. */
  readonly standing: ReadonlyMap<string, Standing>;
  /** The other freezes that have not ended. */
  readonly active: readonly ActiveFreeze[];
  readonly now: number;
}

/** What became of each agent of a freeze at its end. */
export interface Thawed {
  readonly changes: readonly StandingChange[];
  readonly resumed: readonly string[];
  /** Held by another freeze, or by a pause of before that is not over. */
  readonly stillPaused: readonly string[];
  /** Changed by somebody meanwhile, and therefore left as they are. */
  readonly changed: readonly string[];
}

/** What the end of a freeze changes: exactly what it paused and nobody changed since gets back what it was before. */
export function planThaw(freeze: ActiveFreeze, situation: Situation): Thawed {
  const held = freeze.members.filter(({ heldSince }) => heldSince !== null);
  const ends = held.map((member) => ({ agent: member.agent, end: endOf(member, situation) }));
  const named = (wanted: (end: End) => boolean): string[] =>
    ends.filter(({ end }) => wanted(end)).map(({ agent }) => agent);
  return {
    changes: ends.flatMap(({ agent, end }) => (end.change === null ? [] : [{ agent, ...end.change }])),
    resumed: named(({ is }) => is === "resumed"),
    stillPaused: named(({ is }) => is === "still paused"),
    changed: named(({ is }) => is === "changed"),
  };
}

interface End {
  readonly is: "resumed" | "still paused" | "changed";
  readonly change: Omit<StandingChange, "agent"> | null;
}

function endOf(member: FreezeMember, { standing, active, now }: Situation): End {
  const { agent, heldSince, before, beforeUntil } = member;
  const { state, since, until } = standing.get(agent) ?? RUNNING;
  if (state !== "paused" || since === null || since !== heldSince) return { is: "changed", change: null };
  const others = active.filter((other) => holdOf(other, agent, since) !== null).map(({ endsAt }) => endsAt);
  const end = Math.max(now, ...others, ...(before === "paused" && beforeUntil !== null ? [beforeUntil] : []));
  if (end <= now) return { is: "resumed", change: { state: "running", since: now, until: null } };
  return { is: "still paused", change: end === until ? null : { state: "paused", since, until: end } };
}

/** How a freeze holds an agent whose desired state has this `since`; null if it does not, or not any more. */
const holdOf = ({ members }: ActiveFreeze, agent: string, since: number | null): FreezeMember | null =>
  members.find((member) => member.agent === agent && member.heldSince !== null && member.heldSince === since) ?? null;
