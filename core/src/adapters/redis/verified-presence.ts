import type { Presence } from "../../ports/fleet.ts";
import { openSeal } from "../../protocol/seal.ts";
import { readOtherMajor } from "../../protocol/version.ts";
import { type Heartbeat, heartbeat } from "../../protocol.ts";
import { parseJson } from "./sealed-replies.ts";

/**
 * Opens heartbeats and remembers the newest genuine one of each agent. A beat whose seal, form or agent is wrong, or whose
 * epoch or counter goes back, is refused, and the last genuine one goes on ageing in its place.
 */
export class VerifiedPresence {
  readonly #newest = new Map<string, { sealed: string; beat: Heartbeat }>();
  readonly #keyOf: (agent: string) => string;

  constructor(keyOf: (agent: string) => string) {
    this.#keyOf = keyOf;
  }

  /**
   * @param sealed what stands in Redis, or null
   * @param now Redis time in ms; a beat from the future counts from now on
   */
  open(agent: string, sealed: string | null, now: number): Presence {
    const newest = this.#newest.get(agent);
    if (sealed === null) return { beat: newest?.beat ?? null, forged: false };
    if (newest?.sealed === sealed) return { beat: newest.beat, forged: false };
    const json = openSeal(this.#keyOf(agent), sealed);
    const payload = json === null ? undefined : parseJson(json);
    const otherMajor = readOtherMajor(payload);
    if (otherMajor !== null) return { beat: newest?.beat ?? null, forged: false, otherMajor };
    const parsed = heartbeat.safeParse(payload);
    const beat = parsed.success && parsed.data.agent === agent ? parsed.data : null;
    if (beat === null || (newest !== undefined && goesBack(beat, newest.beat))) {
      return { beat: newest?.beat ?? null, forged: true };
    }
    const seen = { ...beat, at: Math.min(beat.at, now) };
    this.#newest.set(agent, { sealed, beat: seen });
    return { beat: seen, forged: false };
  }

  /** Minor version of the protocol that the agent said it speaks; 0 if it said nothing yet. */
  minorOf(agent: string): number {
    return this.#newest.get(agent)?.beat.minor ?? 0;
  }
}

const goesBack = (beat: Heartbeat, newest: Heartbeat): boolean =>
  beat.epoch < newest.epoch || (beat.epoch === newest.epoch && beat.counter <= newest.counter);
