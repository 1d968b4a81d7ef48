import type { ActCommand, Ports } from "./command.ts";
import type { Actor } from "./domain/actor.ts";
import { batchesOf, groupsBelow, type Member } from "./domain/batches.ts";
import { isFailure } from "./domain/failure.ts";
import type { Dependent, PassedBrake, Plan, PlannedTarget, Queue } from "./domain/plan.ts";
import { isWorking } from "./domain/verdict.ts";
import { budgetOf } from "./group-capacity.ts";
import { type FleetView, observeFleet, type SeenAgent } from "./observe-fleet.ts";
import type { Decision } from "./policy.ts";
import { type CompiledFleet, type ExpectedAgent, matchTopics } from "./protocol.ts";

/** What is to be planned, as the command path has weighed it. */
interface PlanQuestion {
  readonly command: ActCommand;
  readonly input: unknown;
  readonly actor: Pick<Actor, "id">;
  readonly force: boolean;
  readonly agents: readonly ExpectedAgent[];
  /** What is worked on, if that is no agents. */
  readonly subjects: readonly string[];
  readonly decision: Decision;
  readonly brakes: readonly PassedBrake[];
  readonly incidentId: string | null;
  /** What the command itself has to say. */
  readonly remarks?: readonly string[];
}

type Sight = Pick<Ports, "registry" | "bus" | "supervisor" | "clock" | "events" | "operations" | "rules">;

/** Of more agents than this it is not asked what waits for each and how long it took before: a plan is read, not studied. */
const MOST_ASKED = 50;

/**
 * What the command would do, by what the fleet is at this moment. Changes nothing. What cannot be asked is null and named in
 * `problems`.
 * @throws Failure "unavailable" if nobody knows who is expected
 */
export async function makePlan(question: PlanQuestion, ports: Sight): Promise<Plan> {
  const { command, agents, subjects, decision, actor } = question;
  const fleet = await ports.registry.expected();
  const view = await observeFleet(ports, fleet.agents);
  const interrupts = command.interrupts === true;
  const [targets, queues, history] = await Promise.all([
    planTargets(agents, { view, ports }),
    interrupts ? queuesOf(agents, fleet, ports) : [],
    historyOf(command.name, agents, ports),
  ]);
  const work = divide(agents, { view, command, minimums: fleet.minimums });
  const batches = agents.length === 0 ? [subjects] : work.batches;
  const { brakes, input, force, incidentId, remarks = [] } = question;
  return {
    ...{ command: command.name, input, force, actor: actor.id, subjects, targets, fleetSize: fleet.agents.length },
    budget: agents.length > 1 ? budgetOf({ input }) : null,
    ...{ batches, groupsBelow: work.groupsBelow, stages: command.stages.map(({ name }) => name), interrupts, queues },
    dependents: interrupts ? dependentsOf(agents, fleet) : [],
    ...secondsOf(batches, history),
    ...(remarks.length > 0 && { remarks }),
    secondPerson: decision.needsSecondPerson
      ? { rule: decision.rule, why: decision.why, whoCan: decision.whoCan }
      : null,
    ...{ brakes, incidentId, policyVersion: ports.rules.current().version, problems: view.problems, asOf: view.at },
  };
}

/** As the executor divides them: of whom nobody knows whether they work it is taken that they do. */
function divide(
  agents: readonly ExpectedAgent[],
  { view, command, minimums }: { view: FleetView; command: ActCommand; minimums: CompiledFleet["minimums"] },
) {
  const isBlind = view.problems.length > 0;
  const fleet: Member[] = view.agents.map(({ expected, judgement }) => ({
    ...{ id: expected.id, group: expected.group, parent: expected.parent, criticality: expected.criticality },
    isWorking: isBlind || isWorking(judgement.verdict),
  }));
  const targets = agents.map(({ id }) => id);
  const members = { fleet, ...(minimums !== undefined && { minimums }) };
  const batches = batchesOf({ targets, ...members });
  // What does not come back by itself is missing together in the end.
  const away = command.bringsBack === true ? batches : [targets];
  const low = command.interrupts === true ? away.flatMap((batch) => groupsBelow(batch, members)) : [];
  return { batches, groupsBelow: [...new Set(low)] };
}

async function planTargets(
  agents: readonly ExpectedAgent[],
  { view, ports }: { view: FleetView; ports: Pick<Sight, "bus"> },
): Promise<PlannedTarget[]> {
  const seen = new Map(view.agents.map((one) => [one.expected.id, one]));
  return await Promise.all(
    agents.map(async (agent, place) => {
      const waiting = place < MOST_ASKED ? await waitingFor(agent.id, ports) : null;
      return targetOf(agent, { seen: seen.get(agent.id), waiting });
    }),
  );
}

function targetOf(
  agent: ExpectedAgent,
  { seen, waiting }: { seen: SeenAgent | undefined; waiting: number | null },
): PlannedTarget {
  const { verdict = "unknown", health = "unknown", note = null } = seen?.judgement ?? {};
  const beat = seen?.beat ?? null;
  return {
    ...{ agent: agent.id, criticality: agent.criticality, verdict, health, note, waiting },
    activity: beat?.activity ?? null,
    inFlight: beat?.inFlight ?? null,
    oldestInFlightAt: beat?.oldestInFlightAt ?? null,
    epoch: beat?.epoch ?? null,
    startedAt: beat?.startedAt ?? null,
    version: beat?.version ?? null,
    desired: agent.desired.state,
  };
}

async function waitingFor(agent: string, { bus }: Pick<Sight, "bus">): Promise<number | null> {
  const waiting = await orNull(bus.readWaiting(agent));
  if (waiting === null || waiting.some(({ lag }) => lag === null)) return null;
  return waiting.reduce((sum, { lag, pending }) => sum + (lag ?? 0) + pending, 0);
}

/** Topics that the targets read, with what comes in on each. */
async function queuesOf(
  agents: readonly ExpectedAgent[],
  fleet: CompiledFleet,
  { events }: Pick<Sight, "events">,
): Promise<Queue[]> {
  const topics = [
    ...new Set(agents.flatMap(({ consumes }) => consumes.flatMap((pattern) => matchTopics(pattern, fleet.topics)))),
  ];
  if (topics.length === 0) return [];
  const reading = topics.length <= MOST_ASKED ? await orNull(events.read(topics)) : null;
  const rates = new Map(reading?.topics.map(({ topic, perSecond }) => [topic, perSecond]));
  return topics.map((topic) => ({ topic, perSecond: rates.get(topic) ?? null }));
}

/** Agents outside the targets that read what a target publishes. */
function dependentsOf(targets: readonly ExpectedAgent[], { agents, topics }: CompiledFleet): Dependent[] {
  const inside = new Set(targets.map(({ id }) => id));
  const published = new Set(targets.flatMap(({ publishes }) => publishes));
  return agents.flatMap(({ id, consumes }) => {
    const read = new Set(consumes.flatMap((pattern) => matchTopics(pattern, topics)));
    const missed = [...published].filter((topic) => read.has(topic));
    return inside.has(id) || missed.length === 0 ? [] : [{ agent: id, topics: missed }];
  });
}

type History = ReadonlyMap<string, { readonly helped: number; readonly medianSeconds: number | null }>;

async function historyOf(
  command: string,
  agents: readonly ExpectedAgent[],
  { operations }: Pick<Sight, "operations">,
): Promise<History> {
  if (agents.length > MOST_ASKED) return new Map();
  const found = await Promise.all(
    agents.map(async ({ id }) => [id, await orNull(operations.history(command, id))] as const),
  );
  return new Map(found.flatMap(([id, history]) => (history === null ? [] : [[id, history] as const])));
}

/** The batches one after another, each as long as its slowest agent; unknown if one is unknown. */
function secondsOf(batches: readonly (readonly string[])[], history: History) {
  const agents = batches.flat();
  const known = agents.every((agent) => typeof history.get(agent)?.medianSeconds === "number");
  if (agents.length === 0 || !known) return { usualSeconds: null, earlierRuns: 0 };
  const slowest = batches.map((batch) => Math.max(...batch.map((agent) => history.get(agent)?.medianSeconds ?? 0)));
  const runs = agents.map((agent) => history.get(agent)?.helped ?? 0);
  return { usualSeconds: slowest.reduce((sum, seconds) => sum + seconds, 0), earlierRuns: Math.min(...runs) };
}

/** @returns null if it cannot be asked now */
async function orNull<Answer>(asked: Promise<Answer>): Promise<Answer | null> {
  try {
    return await asked;
  } catch (error) {
    if (isFailure(error) && error.code === "unavailable") return null;
    throw error;
  }
}
