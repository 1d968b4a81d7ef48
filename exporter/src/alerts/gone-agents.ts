import { HEARTBEAT_SECONDS } from "@rollcall/core/domain/freshness.ts";
import type { AgentView, Snapshot } from "../snapshot.ts";

/** An agent that has missed its heartbeat deadline. */
export interface GoneAgent {
  /** Values of the labels fleet, agent, group, criticality, owner. */
  readonly labels: readonly string[];
  /** When the first beat that did not come was due: ms by the clock of this machine. */
  readonly since: number;
  /** The restart or maintenance in which it fell silent. */
  readonly plannedWork: string | null;
}

/** How long an agent that was not seen alive here may take to begin to beat: a new exporter, or an agent just started. */
const GRACE_MS = 30_000;
const idOf = ({ labels }: AgentView): string => labels[1] as string;
/** Speaks the protocol; the deadlines of others are their own. */
const FULL = 5;

/**
 * Decides of which agents it is pushed that they are gone, by what the rule AgentGone goes by too. Only what is measured
 * ends it: while the bus cannot be read nobody calls this, and who was gone stays so.
 */
export class GoneAgents {
  readonly #alive = new Set<string>();
  /** By agent that was never seen alive: when it was first found gone, Redis time in ms. */
  readonly #waiting = new Map<string, number>();
  readonly #gone = new Map<string, GoneAgent>();

  /**
   * @param now Redis time of the reading in ms
   * @param clock the clock of this machine, ms
   * @returns ids of the agents that are newly gone
   */
  see({ agents }: Pick<Snapshot, "agents">, now: number, clock: number): string[] {
    const found: string[] = [];
    for (const agent of agents) {
      const id = idOf(agent);
      const before = this.#gone.get(id);
      if (!this.#isGone(id, agent, now)) {
        this.#gone.delete(id);
        continue;
      }
      if (before === undefined) found.push(id);
      const silentMs = now - (agent.beatAt ?? now) - HEARTBEAT_SECONDS * 1000;
      const since = before?.since ?? clock - Math.max(0, silentMs);
      this.#gone.set(id, { labels: agent.labels, since, plannedWork: agent.plannedWork });
    }
    this.#keepOnly(new Set(agents.map(idOf)));
    return found;
  }

  #keepOnly(expected: ReadonlySet<string>): void {
    for (const known of [this.#gone, this.#waiting, this.#alive])
      for (const id of known.keys()) if (!expected.has(id)) known.delete(id);
  }

  /** All that are gone now. */
  all(): GoneAgent[] {
    return [...this.#gone.values()];
  }

  #isGone(id: string, agent: AgentView, now: number): boolean {
    const { verdict, health, rung, provable, beatAt, activity } = agent;
    // One alert tells of an agent that flaps, and that is AgentFlapping.
    if (agent.flaps) return false;
    if (verdict === "gone" && health === "critical" && rung === 0 && provable === FULL && beatAt !== null)
      return this.#alive.has(id) || this.#isOverGrace(id, now);
    this.#waiting.delete(id);
    // Off on purpose: when it is wanted again, its last beat is an old one, and it may take its time to start.
    if (health === "off") this.#alive.delete(id);
    else if (activity !== null) this.#alive.add(id);
    // Not known whether it is there: what was, stays.
    return verdict === "unknown" && this.#gone.has(id);
  }

  #isOverGrace(id: string, now: number): boolean {
    const since = this.#waiting.get(id) ?? now;
    this.#waiting.set(id, since);
    return now - since >= GRACE_MS;
  }
}
