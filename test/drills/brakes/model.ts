/**
 * Freezes, pauses and budgets written down a second time, from their words and not from the code: whoever holds an agent holds
 * it, whoever changes it by hand takes it over, and what nobody holds is as somebody last wanted it.
 */
export class BrakesModel {
  /** Model time, ms. */
  now: number;
  readonly agents: Map<string, ModelAgent>;
  /** End of each freeze that has not ended, by id. */
  readonly freezes = new Map<string, number>();
  readonly #touches: { agent: string; at: number; isRestart: boolean; helped: boolean }[] = [];

  constructor(ids: readonly string[], now: number) {
    this.now = now;
    this.agents = new Map(ids.map((id) => [id, { manual: "running", manualUntil: null, holders: new Set() }]));
  }

  agent(id: string): ModelAgent {
    return this.agents.get(id) as ModelAgent;
  }

  wanted(id: string): "running" | "paused" | "stopped" {
    const { holders, manual } = this.agent(id);
    return holders.size > 0 ? "paused" : manual;
  }

  /** Somebody changes it by hand. */
  take(id: string, manual: ModelAgent["manual"], manualUntil: number | null = null): void {
    Object.assign(this.agent(id), { manual, manualUntil });
    this.agent(id).holders.clear();
  }

  pause(id: string, until: number | null): void {
    if (this.wanted(id) === "stopped") return;
    const { holders, manual, manualUntil } = this.agent(id);
    const isTheSame = holders.size === 0 && manual === "paused" && manualUntil === until;
    if (!isTheSame) this.take(id, "paused", until);
  }

  resume(id: string): void {
    if (this.wanted(id) === "paused") this.take(id, "running");
  }

  stop(id: string): void {
    if (this.wanted(id) !== "stopped") this.take(id, "stopped");
  }

  /** Start and restart: who is paused stays so. */
  run(id: string): void {
    if (this.wanted(id) === "stopped") this.take(id, "running");
  }

  freeze(freeze: string, ids: readonly string[], endsAt: number): void {
    this.freezes.set(freeze, endsAt);
    for (const id of ids) {
      const agent = this.agent(id);
      const isShortPause = agent.manual === "paused" && agent.manualUntil !== null && agent.manualUntil < endsAt;
      if (agent.holders.size > 0 || agent.manual === "running" || isShortPause) agent.holders.add(freeze);
    }
  }

  /** @param now one that ends by itself may end a moment early, and counts as ended in time */
  thaw(freeze: string, now = this.now): void {
    this.freezes.delete(freeze);
    for (const agent of this.agents.values()) {
      if (agent.holders.delete(freeze) && agent.holders.size === 0) endPause(agent, now);
    }
  }

  /** Time passes; what is over ends. */
  pass(ms: number): void {
    this.now += ms;
    for (const [id, endsAt] of this.freezes) {
      if (endsAt <= this.now + 1500) this.thaw(id, Math.max(this.now, endsAt));
    }
    for (const agent of this.agents.values()) endPause(agent, this.now);
  }

  touched(agent: string, isRestart: boolean, helped: boolean): void {
    this.#touches.push({ agent, at: this.now, isRestart, helped });
  }

  /** What a restart or stop comes to; "either" close to the end of a window: PostgreSQL dates it when it is written. */
  expected(asked: Asked): "accepted" | "restart-budget" | "fleet-budget" | "either" {
    const early = this.#judge(asked, this.now - WRITTEN_WITHIN_MS);
    return early === this.#judge(asked, this.now + WRITTEN_WITHIN_MS) ? early : "either";
  }

  /** In a row, up to the newest. */
  #vainRestarts(agent: string, now: number): number {
    const restarts = this.#touches.filter((touch) => touch.agent === agent && touch.isRestart);
    const lately = restarts.filter(({ at }) => at > now - 15 * 60_000).toReversed();
    const helped = lately.findIndex((touch) => touch.helped);
    return helped === -1 ? lately.length : helped;
  }

  #judge({ agent, isRestart, fleetSize }: Asked, now: number): "accepted" | "restart-budget" | "fleet-budget" {
    if (isRestart && this.#vainRestarts(agent, now) >= 3) return "restart-budget";
    const lately = new Set(this.#touches.filter(({ at }) => at > now - 10 * 60_000).map((touch) => touch.agent));
    const most = Math.max(3, Math.floor(fleetSize / 5));
    return !lately.has(agent) && lately.size >= most ? "fleet-budget" : "accepted";
  }
}

/** On a loaded machine. */
const WRITTEN_WITHIN_MS = 10_000;

function endPause(agent: ModelAgent, now: number): void {
  const isOver = agent.manual === "paused" && agent.manualUntil !== null && agent.manualUntil <= now;
  if (isOver) Object.assign(agent, { manual: "running", manualUntil: null });
}

interface Asked {
  readonly agent: string;
  readonly isRestart: boolean;
  readonly fleetSize: number;
}

export interface ModelAgent {
  /** As somebody last wanted it. */
  manual: "running" | "paused" | "stopped";
  manualUntil: number | null;
  /** Freezes that hold it. */
  readonly holders: Set<string>;
}
