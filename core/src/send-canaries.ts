import { type Answers, sendQuestion } from "./ask-agents.ts";
import { isAskable } from "./domain/foreign-verdict.ts";
import { ageSeconds, INBOX_DEADLINE_SECONDS } from "./domain/freshness.ts";
import type { FleetSight, SeenAgent } from "./observe-fleet.ts";
import type { ExpectedAgent } from "./protocol.ts";

/** Canaries on their way to the agents that should run. */
export interface Canaries extends Answers {
  /** Sends those another one, through the inbox, whose heartbeat says that they did not hear the first. */
  sendToOthers(seen: readonly SeenAgent[]): Promise<void>;
}

// A broadcast is heard and checked by the whole fleet, so it pays only where most of it is called.
const FEWEST_FOR_BROADCAST = 8;

/**
 * Sends a canary to each of the agents that should run: where that is most of the fleet, all by one broadcast.
 * @throws Failure "unavailable"
 */
export async function sendCanaries(
  { bus, registry }: Pick<FleetSight, "bus" | "registry">,
  agents: readonly ExpectedAgent[],
  timeoutMs: number,
): Promise<Canaries> {
  const { fleet, agents: all } = await registry.expected();
  const working = agents.filter(isAskable).map(({ id }) => id);
  const isBroadcast = working.length >= FEWEST_FOR_BROADCAST && working.length >= all.length / 2;
  const took = new Map<string, number>();
  const question = { fleet, kind: "canary", epoch: null, timeoutMs, took } as const;
  const listeners = new Set(isBroadcast ? working : []);
  const first = await sendQuestion(bus, { ...question, agents: working, listeners });
  const others = new Set<string>();
  let second: Answers | null = null;
  return {
    took,
    async wait(waitMs, among = working) {
      const hearing = among.filter((id) => !others.has(id));
      await Promise.all([first.wait(waitMs, hearing), second?.wait(waitMs, among)]);
    },
    async sendToOthers(seen) {
      if (isBroadcast) for (const { expected } of seen.filter(hearsNoBroadcast)) others.add(expected.id);
      if (others.size > 0) second = await sendQuestion(bus, { ...question, agents: [...others] });
    },
  };
}

const hearsNoBroadcast = ({ expected, beat }: SeenAgent): boolean =>
  isAskable(expected) && beat !== null && ageSeconds(beat.broadcastReadAt ?? null, beat.at) > INBOX_DEADLINE_SECONDS;
