import type { Ports } from "@rollcall/core/command.ts";
import type { ApiAgent } from "@rollcall/core/contract.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import { judge, VERDICT_RANK } from "@rollcall/core/domain/verdict.ts";
import type { Presence } from "@rollcall/core/ports/fleet.ts";
import type { ExpectedAgent } from "@rollcall/core/protocol.ts";

type ViewPorts = Pick<Ports, "bus" | "registry" | "supervisor">;

/** The expected fleet as it is at one moment of Redis time; sick first, then by name. `waiting` is not measured yet. */
export interface FleetView {
  readonly asOf: number;
  readonly agents: readonly ApiAgent[];
}

/** Looks at every expected agent: one round trip each to the registry, the bus and the supervisor. @throws Failure "unavailable" */
export async function viewFleet({ bus, registry, supervisor }: ViewPorts): Promise<FleetView> {
  const fleet = await registry.expected();
  const ids = fleet.agents.map(({ id }) => id);
  const [now, presence, canaryRoundAt, processes] = await Promise.all([
    bus.now(),
    bus.readPresence(ids),
    bus.readCanaryRound(),
    readProcesses(supervisor),
  ]);
  const agents = fleet.agents.map((expected) => {
    const found = presence.get(expected.id) ?? { beat: null, forged: false };
    const processUp = processes.get(expected.id) ?? null;
    return describeAgent({ expected, presence: found, processUp, canaryRoundAt, now });
  });
  return { asOf: now, agents: agents.toSorted((a, b) => rank(a) - rank(b) || a.id.localeCompare(b.id)) };
}

const rank = (agent: ApiAgent): number => VERDICT_RANK[agent.verdict];

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

/** Whether each agent's process is up; an agent that the supervisor does not know, or cannot be asked about, is left out. */
async function readProcesses(supervisor: Ports["supervisor"]): Promise<Map<string, boolean>> {
  try {
    const states = await supervisor.list();
    return new Map(states.map(({ agent, state }) => [agent, state === "running"]));
  } catch (error) {
    if (isFailure(error)) return new Map();
    throw error;
  }
}

interface Seen {
  readonly expected: ExpectedAgent;
  readonly presence: Presence;
  readonly processUp: boolean | null;
  readonly canaryRoundAt: number | null;
  readonly now: number;
}

function describeAgent({ expected, presence, processUp, canaryRoundAt, now }: Seen): ApiAgent {
  const { beat } = presence;
  const judgement = judge({ expected, beat, processUp, echo: null, canary: null, canaryRoundAt, now });
  const { consumes: _consumes, publishes: _publishes, runtime: _runtime, ...known } = expected;
  return {
    ...known,
    verdict: judgement.verdict,
    rung: judgement.rung,
    health: judgement.health,
    since: judgement.since,
    note: presence.forged ? "a heartbeat with a wrong signature was refused" : judgement.note,
    activity: beat?.activity ?? null,
    version: beat?.version ?? null,
    lastHeartbeatAt: beat?.at ?? null,
    processUp,
    waiting: null,
  };
}
