import type { Heartbeat } from "@rollcall/core/protocol.ts";

/** So many restarts within ten minutes, each after an end without a goodbye: it flaps. */
const RESTARTS = 3;
const WINDOW_MS = 600_000;

interface Life {
  readonly epoch: number;
  /** Whether its last beat said that it stops: what comes after that is no flapping. */
  readonly saysGoodbye: boolean;
  /** When a process was first seen whose predecessor had ended without a goodbye; Redis time in ms, oldest first. */
  readonly restarts: readonly number[];
  readonly flaps: boolean;
}

/**
 * Finds agents that end by themselves and are started again, by whomever, over and over. It counts in memory: one that
 * was not read meanwhile counts as one restart, and an exporter that starts anew counts anew.
 */
export class FlapWatch {
  readonly #lives = new Map<string, Life>();

  /** @param beat its newest one, however old it is @param now Redis time in ms */
  see({ agent, epoch, activity }: Pick<Heartbeat, "agent" | "epoch" | "activity">, now: number): void {
    const before = this.#lives.get(agent);
    const isRestart = before !== undefined && epoch > before.epoch && !before.saysGoodbye;
    const restarts = isRestart ? [...before.restarts, now] : (before?.restarts ?? []);
    this.#lives.set(agent, {
      ...{ epoch, restarts: restarts.slice(-RESTARTS), saysGoodbye: activity === "stopping" },
      flaps: before?.flaps ?? false,
    });
  }

  /**
   * Begins with the third restart within ten minutes. Ends when it is off on purpose, or has stayed up for ten minutes:
   * one that was given up by who restarted it stays down, and goes on to be told of as this.
   */
  judge(agent: string, { now, isUp, isOff }: { now: number; isUp: boolean; isOff: boolean }): boolean {
    const life = this.#lives.get(agent);
    if (life === undefined) return false;
    const restarts = isOff ? [] : life.restarts.filter((at) => now - at < WINDOW_MS);
    const isSteady = isOff || (isUp && restarts.length === 0);
    const flaps = restarts.length >= RESTARTS || (life.flaps && !isSteady);
    this.#lives.set(agent, { ...life, restarts, flaps });
    return flaps;
  }

  keepOnly(expected: ReadonlySet<string>): void {
    for (const agent of this.#lives.keys()) if (!expected.has(agent)) this.#lives.delete(agent);
  }
}
