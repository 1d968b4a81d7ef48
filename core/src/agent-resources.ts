import type { Ports } from "./command.ts";
import { ageSeconds } from "./domain/freshness.ts";
import type { ApiFigure, ApiResources, FigureUnit } from "./figures-contract.ts";
import type { Heartbeat } from "./protocol.ts";

/**
 * What the expected agents use, by their own heartbeats, most memory first.
 * @returns agents without a heartbeat last, their values null
 * @throws Failure "unavailable"
 */
export async function readAgentResources({
  registry,
  bus,
}: Pick<Ports, "registry" | "bus">): Promise<ApiResources["agents"]> {
  const { agents } = await registry.expected();
  const [presence, now] = await Promise.all([bus.readPresence(agents.map(({ id }) => id)), bus.now()]);
  const rows = agents.map(({ id }) => rowOf(id, presence.get(id)?.beat ?? null, now));
  return rows.toSorted((a, b) => (b.memory.value ?? -1) - (a.memory.value ?? -1));
}

function rowOf(agent: string, beat: Heartbeat | null, now: number): ApiResources["agents"][number] {
  const figure = (unit: FigureUnit, read: (beat: Heartbeat) => number | null): ApiFigure => {
    const value = beat === null ? null : read(beat);
    const reason = beat === null ? "no heartbeat" : value === null ? "it has only just begun" : null;
    return { value, unit, ageSeconds: beat === null ? null : ageSeconds(beat.at, now), reason };
  };
  return {
    agent,
    host: beat?.host ?? null,
    cpu: figure("cores", coresOf),
    memory: figure("bytes", ({ rssBytes }) => rssBytes),
    eventLoopDelay: figure("seconds", ({ eventLoopDelaySeconds }) => eventLoopDelaySeconds),
  };
}

/** The beat holds all CPU seconds since the process began. */
function coresOf({ cpuSeconds, startedAt, at }: Heartbeat): number | null {
  const seconds = (at - startedAt) / 1000;
  return seconds > 0 ? cpuSeconds / seconds : null;
}
