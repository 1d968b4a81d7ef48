import type { MappedBeat } from "../../domain/verdict.ts";
import type { ExpectedAgent, MappedHeartbeat } from "../../protocol.ts";

type Mapped = Pick<ExpectedAgent, "id" | "heartbeat">;
type Outcome = readonly [error: Error | null, result: unknown];

/** Takes reads that are sent together: a pipeline of the Redis client does. */
interface Reads {
  get(key: string): unknown;
  hget(key: string, field: string): unknown;
}

/** Adds one read for each agent that has a mapped heartbeat. @returns those agents, in the order of their answers */
export function askMappedHeartbeats<Agent extends Mapped>(pipeline: Reads, agents: readonly Agent[]): Agent[] {
  const mapped = agents.filter(({ heartbeat }) => heartbeat !== undefined);
  for (const { heartbeat } of mapped) {
    if (heartbeat?.field !== undefined) pipeline.hget(heartbeat.key, heartbeat.field);
    else if (heartbeat !== undefined) pipeline.get(heartbeat.key);
  }
  return mapped;
}

/** What the answers say, by agent id; null if nothing stands there. */
export function readMappedHeartbeats(
  agents: readonly Mapped[],
  outcomes: readonly Outcome[],
): Map<string, MappedBeat | null> {
  return new Map(
    agents.map(({ id, heartbeat }, index) => [
      id,
      heartbeat === undefined ? null : beatOf(heartbeat, outcomes[index] ?? [null, null]),
    ]),
  );
}

function beatOf({ key, time }: MappedHeartbeat, [error, found]: Outcome): MappedBeat | null {
  if (error !== null) return { problem: `${key} cannot be read: ${whyNot(error)}` };
  if (found === null) return null;
  const at = millisOf(String(found), time);
  return at === null ? { problem: `its heartbeat in ${key} is no time in ${time}` } : { at };
}

const whyNot = ({ message }: Error): string => {
  if (message.startsWith("WRONGTYPE")) return "it is neither the string nor the hash that fleet.yaml says";
  return message.startsWith("NOPERM") ? "Redis does not allow it; the rights follow fleet.yaml" : "Redis refused";
};

// Before 2001 in either unit: seconds that were declared as milliseconds.
const EARLIEST_MS = 1_000_000_000_000;
const LATEST_MS = 8_640_000_000_000_000;

/** @returns null if it is no such time */
function millisOf(text: string, time: MappedHeartbeat["time"]): number | null {
  if (text.length > 40) return null;
  const at = time === "iso" ? isoMillis(text) : Number(/^\d+(\.\d+)?$/.exec(text)?.[0] ?? Number.NaN) * UNIT_MS[time];
  return at >= EARLIEST_MS && at <= LATEST_MS ? Math.floor(at) : null;
}

const UNIT_MS = { seconds: 1000, milliseconds: 1 } as const;

/** A time without a zone would mean another moment on each machine. */
const isoMillis = (text: string): number =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
