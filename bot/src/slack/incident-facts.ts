import type { Ports } from "@rollcall/core/command.ts";
import { type AskedSilence, silenceOf } from "@rollcall/core/domain/asked-silence.ts";
import type { Change } from "@rollcall/core/domain/change.ts";
import { agentsOf, type Incident } from "@rollcall/core/domain/incident.ts";
import { type MaintenanceWindow, windowOf } from "@rollcall/core/domain/maintenance.ts";
import type { Operation } from "@rollcall/core/domain/operation.ts";
import { type Judgement, judge, VERDICT_RANK } from "@rollcall/core/domain/verdict.ts";
import type { Waiting } from "@rollcall/core/ports/fleet.ts";
import type { ProcessState } from "@rollcall/core/ports/supervisor.ts";
import type { ExpectedAgent, Heartbeat } from "@rollcall/core/protocol.ts";
import { readChanges } from "@rollcall/core/read-changes.ts";

/** What is known of one agent of an incident at the moment its card is written; null where it could not be asked. */
export interface AgentFacts {
  readonly id: string;
  readonly expected: ExpectedAgent | null;
  readonly judgement: Judgement | null;
  readonly beat: Heartbeat | null;
  readonly process: ProcessState | null;
  readonly waiting: readonly Waiting[] | null;
  /** The window that it is in. */
  readonly maintenance: MaintenanceWindow | null;
}

export interface IncidentFacts {
  /** Worst first. */
  readonly agents: readonly AgentFacts[];
  /** Earlier restarts of the worst agent. */
  readonly history: Awaited<ReturnType<Ports["operations"]["history"]>> | null;
  /** The newest operation that was started from this card. */
  readonly operation: Operation | null;
  /** What changed in the half hour before it began, newest first; null if that is not known. */
  readonly changed: readonly Change[] | null;
  /** The restart or stop that it began in, if that was not started from this card. */
  readonly cause: Operation | null;
  /** What keeps all of it quiet; null if something of it rings. */
  readonly silence: AskedSilence | null;
  /** Redis time of the evidence; null if the bus does not answer. */
  readonly asOf: number | null;
}

export type FactPorts = Pick<
  Ports,
  "operations" | "registry" | "bus" | "supervisor" | "maintenance" | "changes" | "askedSilences"
>;

/** Agents that one card looks at closely; the others are only named. */
const LOOKED_AT = 10;
/** So long before an alert its cause is looked for (ux section 1). */
const CHANGED_MS = 30 * 60_000;

/** Gathers what a card says beside its row. Never fails: what cannot be asked is null, and the card says so. */
export async function gatherIncidentFacts(incident: Incident, ports: FactPorts): Promise<IncidentFacts> {
  const ids = agentsOf(incident).slice(0, LOOKED_AT);
  const [agents, { operation, cause }, asOf, changed, silences] = await Promise.all([
    gatherAgents(ids, ports),
    findOperations(incident, ids, ports),
    known(ports.bus.now()),
    known(readChanges(ports, { from: incident.openedAt - CHANGED_MS, to: incident.openedAt + 1 })),
    known(ports.askedSilences?.open() ?? Promise.resolve([])),
  ]);
  const worst = agents[0];
  const history = worst === undefined ? null : await known(ports.operations.history("restart", worst.id));
  return { agents, history, operation, cause, asOf, changed, silence: silenceOf(incident, silences ?? []) };
}

/** @returns facts of the agents, worst first */
export async function gatherAgents(ids: readonly string[], ports: FactPorts): Promise<AgentFacts[]> {
  if (ids.length === 0) return [];
  const [fleet, presence, now, round] = await Promise.all([
    known(ports.registry.expected()),
    known(ports.bus.readPresence(ids)),
    known(ports.bus.now()),
    known(ports.bus.readCanaryRound()),
  ]);
  const asked = fleet?.agents.filter((agent) => ids.includes(agent.id)) ?? [];
  const mapped = await known(ports.bus.readMapped(asked));
  const facts = ids.map(async (id): Promise<AgentFacts> => {
    const expected = fleet?.agents.find((agent) => agent.id === id) ?? null;
    const [process, waiting] = await Promise.all([
      known(ports.supervisor.inspect(id)),
      known(ports.bus.readWaiting(id)),
    ]);
    const beat = presence?.get(id)?.beat ?? null;
    const judgement =
      expected === null || presence === null || now === null
        ? null
        : judge({
            expected,
            beat,
            processUp: process === null ? null : process.state === "running",
            echo: null,
            canary: null,
            canaryRoundAt: round,
            ...(mapped !== null && { mapped: mapped.get(id) ?? null }),
            now,
          });
    const maintenance = windowOf(id, ports.maintenance?.current() ?? []);
    return { id, expected, judgement, beat, process, waiting, maintenance };
  });
  return (await Promise.all(facts)).toSorted((a, b) => rank(a) - rank(b));
}

const rank = ({ judgement, expected }: AgentFacts): number =>
  (judgement === null ? VERDICT_RANK.unknown : VERDICT_RANK[judgement.verdict]) * 10 +
  Number(expected?.criticality.slice(1) ?? 9);

async function findOperations(
  incident: Incident,
  ids: readonly string[],
  { operations }: FactPorts,
): Promise<Pick<IncidentFacts, "operation" | "cause">> {
  const lists = await Promise.all(ids.slice(0, 3).map((agent) => known(operations.list({ agent, limit: 10 }))));
  const all = lists.flatMap((list) => list ?? []).toSorted((a, b) => b.createdAt - a.createdAt);
  return {
    operation: all.find(({ incidentId, command }) => incidentId === incident.id && !OF_HANDS.includes(command)) ?? null,
    cause: all.find((operation) => isCause(operation, incident)) ?? null,
  };
}

/** Who has it stands on the card itself. */
const OF_HANDS = ["ack", "unack", "silence", "unsilence", "give", "give-accept", "give-decline"];
const INTERRUPTING = ["restart", "stop", "drain"];
/** An alert of a restart that did not help begins a little after it, when its rule has waited. */
const AFTERWARDS_MS = 60_000;

/** It began while the agent was being restarted or stopped, and not from this card. */
function isCause({ command, incidentId, startedAt, endedAt }: Operation, { id, openedAt }: Incident): boolean {
  if (!INTERRUPTING.includes(command) || incidentId === id || startedAt === null) return false;
  return startedAt <= openedAt && openedAt <= (endedAt ?? openedAt) + AFTERWARDS_MS;
}

async function known<Value>(asked: Promise<Value>): Promise<Value | null> {
  try {
    return await asked;
  } catch {
    // Not known is said on the card; the card itself must not wait for every source to be well.
    return null;
  }
}
