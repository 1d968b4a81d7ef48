import type { Ports } from "@rollcall/core/command.ts";
import type { ApiAgent } from "@rollcall/core/contract.ts";
import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import { provableRung } from "@rollcall/core/domain/foreign-verdict.ts";
import type { MaintenanceWindow } from "@rollcall/core/domain/maintenance.ts";
import { nearest, sickFirst } from "@rollcall/core/fleet-words.ts";
import { type FleetSight, observeFleet, type SeenAgent } from "@rollcall/core/observe-fleet.ts";

/** The expected fleet as it is at one moment, sick first. `waiting` is not measured yet. */
export interface FleetAnswer {
  /** Redis time in ms. */
  readonly asOf: number;
  /** What could not be asked. */
  readonly problems: readonly string[];
  readonly agents: readonly ApiAgent[];
}

/** Looks at every expected agent. @throws Failure "unavailable" only if nobody knows who is expected */
export async function viewFleet(sight: FleetSight): Promise<FleetAnswer> {
  const view = await observeFleet(sight);
  return { asOf: view.at, problems: view.problems, agents: sickFirst(view.agents).map(describeAgent) };
}

/** Looks at these agents alone, so that the cost does not grow with the fleet. Who is not expected any more is left out. */
export async function viewAgents(sight: FleetSight, ids: ReadonlySet<string>): Promise<FleetAnswer> {
  const { agents } = await sight.registry.expected();
  const view = await observeFleet(
    sight,
    agents.filter(({ id }) => ids.has(id)),
  );
  return { asOf: view.at, problems: view.problems, agents: view.agents.map(describeAgent) };
}

/** @throws Failure "unknown_agent", with the nearest names */
export async function requireExpected({ registry }: Pick<FleetSight, "registry">, id: string): Promise<void> {
  const { agents } = await registry.expected();
  if (agents.some((agent) => agent.id === id)) return;
  throw unknownAgent(
    id,
    agents.map((agent) => agent.id),
  );
}

/** @param known names to look for the nearest in */
export function unknownAgent(id: string, known: readonly string[]): Failure {
  const next = "GET /api/v1/agents lists them.";
  return new Failure("unknown_agent", `there is no agent ${id}`, { found: id, allowed: nearest(id, known, 0.6), next });
}

/** Adds what waits for each agent; null where Redis cannot tell. */
export async function measureWaiting(bus: Ports["bus"], agents: readonly ApiAgent[]): Promise<ApiAgent[]> {
  return Promise.all(
    agents.map(async (agent) => {
      try {
        const waiting = await bus.readWaiting(agent.id);
        return { ...agent, waiting: waiting.map(({ topic, lag, pending }) => ({ topic, lag, pending })) };
      } catch (error) {
        if (isFailure(error)) return agent;
        throw error;
      }
    }),
  );
}

function describeAgent({ expected, beat, forged, process, judgement, maintenance }: SeenAgent): ApiAgent {
  const { consumes: _c, publishes: _p, runtime: _r, presence: _pr, heartbeat: _h, ...known } = expected;
  return {
    ...known,
    verdict: judgement.verdict,
    rung: judgement.rung,
    provable: provableRung(expected),
    health: judgement.health,
    since: judgement.since,
    note: forged ? "a heartbeat that the agent did not sign was refused" : judgement.note,
    activity: beat?.activity ?? null,
    version: beat?.version ?? null,
    lastHeartbeatAt: beat?.at ?? null,
    inFlight: beat?.inFlight ?? null,
    held: beat?.held ?? null,
    maintenance: maintenance === undefined ? null : windowOf(maintenance),
    processUp: process === null ? null : process.state === "running",
    waiting: null,
  };
}

const windowOf = ({ id, by, reason, endsAt }: MaintenanceWindow): ApiAgent["maintenance"] => ({
  id,
  by,
  reason,
  endsAt,
});
