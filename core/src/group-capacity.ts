import type { ActCommand } from "./command.ts";
import { batchesOf, groupsBelow, type Member } from "./domain/batches.ts";
import { Failure } from "./domain/failure.ts";
import type { Bulk, Operation } from "./domain/operation.ts";
import { isWorking } from "./domain/verdict.ts";
import { counted } from "./fleet-words.ts";
import { type FleetSight, observeFleet } from "./observe-fleet.ts";
import type { CompiledFleet, ExpectedAgent } from "./protocol.ts";

/** An operation over many agents stops at the first that fails, unless it says otherwise. */
const USUAL_BUDGET = 1;

/**
 * How the agents of an operation are divided into batches; null if there is nothing to divide: one agent, or what is no
 * agents at all. Of whom nobody knows whether they work it is taken that they do.
 * @throws Failure "unavailable" if nobody knows who is expected
 */
export async function divideAgents(operation: Operation, command: ActCommand, sight: FleetSight): Promise<Bulk | null> {
  const targets = operation.targets.map(({ agent }) => agent);
  if (targets.length < 2 || command.subjects !== undefined) return null;
  const { agents, minimums } = await sight.registry.expected();
  const known = agents.filter(({ id }) => targets.includes(id));
  const fleet = known.length === 0 ? [] : await membersOf(groupsOf(known, agents), sight);
  const others = agents.filter(({ id }) => !fleet.some((member) => member.id === id));
  const batches = batchesOf({
    targets,
    fleet: [...fleet, ...others.map((agent) => memberOf(agent, true))],
    ...(minimums !== undefined && { minimums }),
  });
  // Who was taken out of the fleet meanwhile comes last, and alone.
  const gone = targets.filter((id) => known.every((agent) => agent.id !== id)).map((id) => [id]);
  return { batches: [...batches, ...gone], budget: budgetOf(operation), stops: [] };
}

/** Agents that may fail before the operation stops, as it was asked for. */
export function budgetOf({ input }: Pick<Operation, "input">): number {
  const budget = (input as { budget?: unknown } | null)?.budget;
  return typeof budget === "number" ? budget : USUAL_BUDGET;
}

/** Of those who wait for their turn, who may be taken away now; and why nobody may, if that is so. */
export interface Fitting {
  readonly agents: readonly string[];
  readonly why: string | null;
}

/**
 * Who of these may be interrupted without leaving a group below its minimum; one that does not work is no capacity.
 * @throws Failure "unavailable" if nobody can see who works
 */
export async function whoFits(candidates: readonly string[], ports: FleetSight): Promise<Fitting> {
  const { agents, minimums } = await ports.registry.expected();
  const known = agents.filter(({ id }) => candidates.includes(id));
  if (known.length === 0) return { agents: candidates, why: null };
  const question = {
    fleet: await membersOf(groupsOf(known, agents), ports, "must be seen"),
    ...(minimums !== undefined && { minimums }),
  };
  const fitting: string[] = [];
  for (const id of candidates) if (groupsBelow([...fitting, id], question).length === 0) fitting.push(id);
  const [first] = known;
  const why = fitting.length > 0 || first === undefined ? null : tooFew(first, question);
  return { agents: fitting, why };
}

function tooFew(
  { id, group }: ExpectedAgent,
  question: { fleet: readonly Member[]; minimums?: CompiledFleet["minimums"] },
) {
  const members = question.fleet.filter((member) => member.group === group);
  const working = members.filter((member) => member.isWorking).length;
  return `${counted(working, "agent")} of ${group} ${working === 1 ? "works" : "work"}, and without ${id} it would be too few`;
}

const groupsOf = (known: readonly ExpectedAgent[], agents: readonly ExpectedAgent[]): ExpectedAgent[] => {
  const groups = new Set(known.map(({ group }) => group));
  return agents.filter(({ group }) => groups.has(group));
};

async function membersOf(
  agents: readonly ExpectedAgent[],
  sight: FleetSight,
  must?: "must be seen",
): Promise<Member[]> {
  const view = await observeFleet(sight, agents);
  const [problem] = view.problems;
  if (must !== undefined && problem !== undefined) throw new Failure("unavailable", problem);
  return view.agents.map(({ expected, judgement }) =>
    memberOf(expected, problem !== undefined || isWorking(judgement.verdict)),
  );
}

const memberOf = ({ id, group, parent, criticality }: ExpectedAgent, isAtWork: boolean): Member => ({
  ...{ id, group, parent, criticality, isWorking: isAtWork },
});
