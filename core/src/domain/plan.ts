import type { Actor } from "./actor.ts";
import { timeToken } from "./report.ts";
import { type Health, isWorking, type Verdict } from "./verdict.ts";

/** A plan can be confirmed for so long (ux section 2). */
export const PLAN_SECONDS = 300;

/** One agent that a plan would touch, as it was found. Times are Redis time in ms. */
export interface PlannedTarget {
  readonly agent: string;
  readonly criticality: "P0" | "P1" | "P2" | "P3";
  readonly verdict: Verdict;
  readonly health: Health;
  /** What is to be said beside the verdict: "item 31 s old, normal ≤ 40 s". */
  readonly note: string | null;
  /** null: no heartbeat. */
  readonly activity: string | null;
  readonly inFlight: number | null;
  readonly oldestInFlightAt: number | null;
  /** Items that wait in its subscriptions; null: not measured. */
  readonly waiting: number | null;
  /** Which process it is; null: it was never seen. */
  readonly epoch: number | null;
  readonly startedAt: number | null;
  readonly version: string | null;
  /** Whether it is to run at all. */
  readonly desired: "running" | "paused" | "stopped";
}

/** Who gets nothing from the targets meanwhile, by the declarations of the bus. */
export interface Dependent {
  readonly agent: string;
  readonly topics: readonly string[];
}

/** What comes in for the targets, and queues while they do not take it. */
export interface Queue {
  readonly topic: string;
  /** null: not measured. */
  readonly perSecond: number | null;
}

/** Why one person is not enough, and who else can agree now. */
interface NeededPerson {
  readonly rule: string;
  readonly why: string;
  readonly whoCan: readonly string[];
}

/** What stands in the way, and is to be passed. */
export interface PassedBrake {
  readonly rule: string;
  readonly why: string;
}

/** What a command would do, at the moment `asOf`; nothing has happened. */
export interface Plan {
  readonly command: string;
  readonly input: unknown;
  readonly force: boolean;
  /** Id of who asked; a plan is nobody else's. */
  readonly actor: string;
  /** What is worked on: ids of agents, or the subjects of a command that is about none. */
  readonly subjects: readonly string[];
  readonly targets: readonly PlannedTarget[];
  readonly fleetSize: number;
  /** Those of one batch side by side, the batches one after another. */
  readonly batches: readonly (readonly string[])[];
  /** It stops when so many agents have failed; null: there are not several. */
  readonly budget: number | null;
  /** Groups that have less than their minimum at work meanwhile. */
  readonly groupsBelow: readonly string[];
  readonly stages: readonly string[];
  /** Whether its agents do not work meanwhile. */
  readonly interrupts: boolean;
  readonly dependents: readonly Dependent[];
  readonly queues: readonly Queue[];
  /** Seconds, from earlier runs; null: there are none. */
  readonly usualSeconds: number | null;
  readonly earlierRuns: number;
  readonly secondPerson: NeededPerson | null;
  readonly brakes: readonly PassedBrake[];
  readonly incidentId: string | null;
  readonly policyVersion: string;
  /** What the command itself has to say, and what it is bound to as well; left out by one that says nothing. */
  readonly remarks?: readonly string[] | undefined;
  /** What could not be asked, so that more is unknown than usual. */
  readonly problems: readonly string[];
  /** ms since the epoch. */
  readonly asOf: number;
}

/** A plan that was offered to somebody. `id` is shown as `plan-7`. */
export interface OfferedPlan {
  readonly id: string;
  readonly plan: Plan;
  /** SHA-256 over what the plan is bound to. */
  readonly hash: string;
  readonly actor: Pick<Actor, "id">;
  readonly reason: string | null;
  /** `changed`: it was confirmed too late, and nothing was done. */
  readonly state: "open" | "confirmed" | "changed";
  /** The operation or the request that it became. */
  readonly became: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/**
 * What a plan stands and falls with: who asks for what, on which processes in which state, by which rules. Not the items that
 * wait and their ages, which change all the time; working, busy and slow are one, because all three work.
 */
export const boundTo = (plan: Plan): unknown => [
  [plan.command, plan.input, plan.force, plan.actor, plan.policyVersion, plan.incidentId],
  plan.subjects.toSorted(),
  plan.targets
    .map(({ agent, verdict, epoch, version, desired }) => [agent, standing(verdict), epoch, version, desired])
    .toSorted(([one = ""], [other = ""]) => (String(one) < String(other) ? -1 : 1)),
  [plan.secondPerson?.rule ?? null, plan.brakes.map(({ rule }) => rule).toSorted()],
  ...(plan.remarks === undefined ? [] : [plan.remarks]),
];

const standing = (verdict: Verdict): string => (isWorking(verdict) ? "working" : verdict);

/** What has changed between two plans of the same wish, as sentences; none if it is still the same. */
export function changesBetween(before: Plan, now: Plan): string[] {
  const earlier = new Map(before.targets.map((target) => [target.agent, target]));
  const later = new Set(now.targets.map(({ agent }) => agent));
  const known = new Set(before.subjects);
  const kept = new Set(now.subjects);
  const left = before.subjects.filter((subject) => !kept.has(subject) && !later.has(subject));
  const joined = now.subjects.filter((subject) => !known.has(subject));
  return [
    ...left.map((subject) => `${subject} is no longer among them`),
    ...joined.map((subject) => `${subject} is now among them`),
    ...now.targets.flatMap((target) => targetChange(earlier.get(target.agent), target) ?? []),
    ...rulesChange(before, now),
    ...(now.remarks ?? []).filter((remark) => before.remarks?.includes(remark) !== true),
  ];
}

function targetChange(before: PlannedTarget | undefined, now: PlannedTarget): string | null {
  if (before === undefined) return null;
  const { agent, epoch, version, verdict, desired, startedAt } = now;
  if (before.epoch !== epoch) {
    const runs = before.version !== version && version !== null ? ` and runs ${version}` : "";
    return startedAt === null ? `${agent} restarted${runs}` : `${agent} restarted at ${timeToken(startedAt)}${runs}`;
  }
  if (before.version !== version) return `${agent} runs ${version ?? "an unknown version"}, not ${before.version}`;
  if (before.desired !== desired) return `${agent} is to be ${desired}, not ${before.desired}`;
  return standing(before.verdict) === standing(verdict) ? null : `${agent} is ${verdict} now, it was ${before.verdict}`;
}

function rulesChange(before: Plan, now: Plan): string[] {
  const [was, is] = [before.secondPerson, now.secondPerson];
  const newBrakes = now.brakes.filter(({ rule }) => !before.brakes.some((brake) => brake.rule === rule));
  return [
    ...(before.policyVersion === now.policyVersion ? [] : ["the rules about who may change what have changed"]),
    ...(is !== null && was?.rule !== is.rule ? [`now ${is.why}`] : []),
    ...(was !== null && is === null ? ["it needs no second person any more"] : []),
    ...newBrakes.map(({ why }) => `now ${why}`),
    ...(before.brakes.length > 0 && now.brakes.length === 0 ? ["no brake stands in the way any more"] : []),
  ];
}

/** Whether a wish is shown as a plan before anything is done. */
export function needsPlan({
  actor,
  danger,
  agents,
  isNamed,
  isForTwo,
  isPastBrake,
}: {
  readonly actor: Pick<Actor, "person">;
  readonly danger: number;
  /** How many agents it would touch. */
  readonly agents: number;
  /** Whether they were named by their ids, and not found by a pattern, a group or a label. */
  readonly isNamed: boolean;
  readonly isForTwo: boolean;
  readonly isPastBrake: boolean;
}): boolean {
  // A schedule reads no plan; what it may do is fixed.
  if (!actor.person) return false;
  return danger === 3 || agents > 1 || !isNamed || isForTwo || isPastBrake;
}

/** What a person types to confirm what touches every agent; null: nothing. */
export const wordsToType = ({ command, targets, fleetSize }: Pick<Plan, "command" | "targets" | "fleetSize">) =>
  targets.length > 1 && targets.length === fleetSize ? `${command} ${targets.length}` : null;

/** Share of the fleet that it touches, 0–1. */
export const shareOf = ({ targets, fleetSize }: Pick<Plan, "targets" | "fleetSize">): number =>
  fleetSize === 0 ? 0 : targets.length / fleetSize;
