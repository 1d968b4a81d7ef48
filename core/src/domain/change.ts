/** What may change beside alerts: which program an agent runs, that it began anew, what was told, what is expected, what was ordered. */
export const CHANGE_KINDS = ["version", "start", "deployment", "fleet", "operation"] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** Something that may be why the fleet is not as it was. */
export interface Change {
  /** `ch-12`, or the operation: `op-481`. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: ChangeKind;
  /** Whom it touched, 50 at most; none: nobody in particular. */
  readonly agents: readonly string[];
  readonly agentCount: number;
  /** "4.7.1 → 4.7.2", "restart, recovered", "new in the fleet"; without the agents' names. */
  readonly what: string;
  /** Version that a deployment brought, or an agent runs since then. */
  readonly version: string | null;
  /** Who made it; null: nobody said. */
  readonly by: string | null;
  /** Where more is written about it. */
  readonly link: string | null;
}

/** A deployment is the cause of a version that shows up so long after it was told, or before. */
const DEPLOYED_BEFORE_MS = 30 * 60_000;
const TOLD_LATE_MS = 5 * 60_000;

/**
 * Joins what was told with what was seen: a version that a deployment brought is by whoever deployed it, and a deployment of
 * which every agent shows its version is not told a second time.
 * @param changes newest first
 */
export function joinDeployments(changes: readonly Change[]): Change[] {
  const deployments = changes.filter(({ kind }) => kind === "deployment");
  if (deployments.length === 0) return [...changes];
  const seen = new Map<string, Set<string>>();
  const joined = changes.map((change) => {
    const cause = change.kind === "version" ? deployments.find((one) => isCause(one, change)) : undefined;
    if (cause === undefined) return change;
    seen.set(cause.id, new Set([...(seen.get(cause.id) ?? []), ...change.agents]));
    return { ...change, by: cause.by, link: cause.link };
  });
  return joined.filter(({ kind, id, agents }) => kind !== "deployment" || !isSeen(agents, seen.get(id)));
}

function isCause(deployment: Change, { at, agents, version }: Change): boolean {
  const after = at - deployment.at;
  return (
    after <= DEPLOYED_BEFORE_MS &&
    after >= -TOLD_LATE_MS &&
    (deployment.version === null || deployment.version === version) &&
    agents.every((agent) => deployment.agents.includes(agent))
  );
}

const isSeen = (agents: readonly string[], seen: ReadonlySet<string> | undefined): boolean =>
  seen !== undefined && agents.every((agent) => seen.has(agent));
