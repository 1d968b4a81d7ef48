import { isFailure } from "./domain/failure.ts";
import { isForeign } from "./domain/foreign-verdict.ts";
import { type MaintenanceWindow, windowOf } from "./domain/maintenance.ts";
import { type Judgement, judge, type MappedBeat } from "./domain/verdict.ts";
import type { Clock } from "./ports/clock.ts";
import type { FleetBus, FleetRegistry, Presence } from "./ports/fleet.ts";
import type { Maintenance } from "./ports/maintenance.ts";
import type { ProcessState, Supervisor } from "./ports/supervisor.ts";
import type { OtherMajor } from "./protocol/version.ts";
import type { ExpectedAgent, Heartbeat } from "./protocol.ts";

/** What looking at the fleet needs. */
export interface FleetSight {
  readonly registry: Pick<FleetRegistry, "expected">;
  readonly bus: FleetBus;
  readonly supervisor: Supervisor;
  readonly clock: Clock;
  /** Left out where nothing is stored. */
  readonly maintenance?: Maintenance;
}

/** One expected agent as it was found, with the verdict on it. */
export interface SeenAgent {
  readonly expected: ExpectedAgent;
  readonly beat: Heartbeat | null;
  /** Something in Redis claimed to be its beat and was not. */
  readonly forged: boolean;
  /** Version of its heartbeat, if that is of another major version of the protocol. */
  readonly otherMajor?: OtherMajor | undefined;
  /** null if its supervisor does not know it or does not answer. */
  readonly process: ProcessState | null;
  /** In maintenance the verdict is measured as ever, and the health is off. */
  readonly judgement: Judgement;
  readonly maintenance?: MaintenanceWindow | undefined;
}

export interface FleetView {
  readonly agents: readonly SeenAgent[];
  /** Redis time in ms; our own if Redis does not answer. */
  readonly at: number;
  /** What could not be asked: "Redis does not answer". */
  readonly problems: readonly string[];
}

/** Answers that were asked for just now, by agent id. */
export interface Asked {
  readonly echo?: ReadonlyMap<string, number | "none">;
  readonly canary?: ReadonlyMap<string, number | "none">;
}

/** What was found of the fleet at one moment, not judged yet. */
export interface FleetLook {
  readonly expected: readonly ExpectedAgent[];
  readonly bus: BusLook | null;
  readonly processes: ReadonlyMap<string, ProcessState>;
  /** Redis time in ms; our own if Redis does not answer. */
  readonly at: number;
  readonly problems: readonly string[];
  /** Maintenance windows that are open. */
  readonly windows?: readonly MaintenanceWindow[];
}

/**
 * Looks at heartbeats and processes of agents and judges each. What does not answer becomes a problem of the view, not an
 * error: nobody is called healthy or gone because our own way to ask is broken.
 * @param agents all expected ones, if left out
 * @throws Failure "unavailable" only if nobody knows who is expected
 */
export async function observeFleet(
  sight: FleetSight,
  agents?: readonly ExpectedAgent[],
  asked: Asked = {},
): Promise<FleetView> {
  return judgeFleet(await lookAtFleet(sight, agents), asked);
}

/** The first half of `observeFleet`: so that one look can be judged again, with the answers that came after it. */
export async function lookAtFleet(sight: FleetSight, agents?: readonly ExpectedAgent[]): Promise<FleetLook> {
  const expected = agents ?? (await sight.registry.expected()).agents;
  const problems: string[] = [];
  const [bus, processes] = await Promise.all([
    lookAtBus(sight, expected, problems),
    ask(sight.supervisor.list(), problems),
  ]);
  const windows = sight.maintenance?.current() ?? [];
  const byAgent = new Map(processes?.map((process) => [process.agent, process]));
  return { expected, bus, processes: byAgent, at: bus?.now ?? sight.clock.now(), problems, windows };
}

/** The second half of `observeFleet`. */
export function judgeFleet(look: FleetLook, asked: Asked = {}): FleetView {
  const { expected, bus, processes, at, problems, windows = [] } = look;
  const seen = expected.map((agent): SeenAgent => {
    const process = processes.get(agent.id) ?? null;
    const { beat, forged, otherMajor } = bus?.presence.get(agent.id) ?? { beat: null, forged: false };
    const mapped = bus?.mapped.get(agent.id) ?? null;
    const judgement =
      bus === null
        ? unknownWithoutBus(agent, process)
        : judge({
            expected: agent,
            beat,
            mapped,
            processUp: isForeign(agent) ? isForeignUp(process, mapped) : isProcessUp(process, beat),
            echo: asked.echo?.get(agent.id) ?? null,
            canary: asked.canary?.get(agent.id) ?? null,
            canaryRoundAt: bus.canaryRoundAt,
            now: at,
            ...(bus.since !== null && { busSince: bus.since }),
            otherMajor,
          });
    return inMaintenance({ expected: agent, beat, forged, process, judgement, otherMajor }, windows);
  });
  return { agents: seen, at, problems };
}

function inMaintenance(seen: SeenAgent, windows: readonly MaintenanceWindow[]): SeenAgent {
  const maintenance = windowOf(seen.expected.id, windows);
  return maintenance === null ? seen : { ...seen, judgement: { ...seen.judgement, health: "off" }, maintenance };
}

interface BusLook {
  readonly now: number;
  readonly presence: ReadonlyMap<string, Presence>;
  readonly mapped: ReadonlyMap<string, MappedBeat | null>;
  readonly canaryRoundAt: number | null;
  readonly since: number | null;
}

function lookAtBus({ bus }: FleetSight, agents: readonly ExpectedAgent[], problems: string[]): Promise<BusLook | null> {
  const speaking = agents.filter((agent) => !isForeign(agent)).map(({ id }) => id);
  const look = Promise.all([bus.now(), bus.readPresence(speaking), bus.readCanaryRound(), bus.readMapped(agents)]);
  return ask(
    look.then(([now, presence, canaryRoundAt, mapped]) => {
      const backForMs = bus.backForMs?.() ?? null;
      return { now, presence, canaryRoundAt, mapped, since: backForMs === null ? null : now - backForMs };
    }),
    problems,
  );
}

/** @returns null if it is unavailable, which is then a problem of the view */
async function ask<Answer>(asked: Promise<Answer>, problems: string[]): Promise<Answer | null> {
  try {
    return await asked;
  } catch (error) {
    if (!isFailure(error) || error.code !== "unavailable") throw error;
    problems.push(error.message);
    return null;
  }
}

/** A supervisor knows only what it started: a beat of a later process than the one that ended comes from elsewhere. */
function isProcessUp(process: ProcessState | null, beat: Heartbeat | null): boolean | null {
  if (process === null) return null;
  if (process.state === "running") return true;
  if (process.state === "never-started") return beat === null ? false : null;
  const isOfLaterProcess = beat !== null && process.exit !== null && beat.startedAt > process.exit.at;
  return isOfLaterProcess ? null : false;
}

/** As above: a heartbeat later than the end that the supervisor saw is of a process that it does not know. */
function isForeignUp(process: ProcessState | null, mapped: MappedBeat | null): boolean | null {
  if (process === null) return null;
  if (process.state === "running") return true;
  const beatAt = mapped !== null && "at" in mapped ? mapped.at : null;
  if (process.state === "never-started") return beatAt === null ? false : null;
  return beatAt !== null && process.exit !== null && beatAt > process.exit.at ? null : false;
}

function unknownWithoutBus(agent: ExpectedAgent, process: ProcessState | null): Judgement {
  const { desired } = agent;
  if (desired.state === "stopped" && process !== null && process.state !== "running") {
    return { verdict: "stopped", rung: 0, health: "off", since: desired.since, note: null };
  }
  if (desired.state === "running" && process?.state === "exited") {
    return { verdict: "gone", rung: 0, health: "critical", since: process.exit?.at ?? null, note: null };
  }
  return { verdict: "unknown", rung: null, health: "unknown", since: null, note: "Redis does not answer" };
}
