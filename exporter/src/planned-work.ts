import type { Batch } from "@rollcall/core/adapters/redis/raw-redis.ts";
import { AFTERWARDS_MS, PLANNED_WORK, PLANNED_WORK_KEPT_MS } from "@rollcall/core/domain/planned-work.ts";
import type { Keys } from "@rollcall/core/protocol/keys.ts";

/** Planned work on an agent, and when it was last known to be under way, Redis time in ms. */
export interface KnownWork {
  readonly work: string;
  readonly at: number;
}

/** The control service notes it as often; an agent is found gone later than that. */
const EVERY_MS = 5_000;

/** Remembers who was under planned work lately: asked for now and then, because a restart of a whole fleet has many. */
export class PlannedWorkReader {
  readonly #key: string;
  #known: ReadonlyMap<string, KnownWork> = new Map();
  #askedAt = 0;

  constructor({ plannedWork }: Pick<Keys, "plannedWork">) {
    this.#key = plannedWork;
  }

  /** @param now Redis time in ms */
  ask(batch: Batch, now: number): void {
    if (now - this.#askedAt < EVERY_MS) return;
    const words = ["ZRANGEBYSCORE", this.#key, now - PLANNED_WORK_KEPT_MS, "+inf", "WITHSCORES"];
    batch.add(this.#key, words, (reply) => {
      if (reply.takeError() !== null) return;
      const known = new Map<string, KnownWork>();
      // The newest come last, so of several works on one agent the newest stays.
      for (let left = reply.takeArray() ?? 0; left > 0; left -= 2) {
        const [agent = "", ...words] = (reply.takeText() ?? "").split(" ");
        const [work, at] = [words.join(" "), Number(reply.takeText())];
        if (PLANNED_WORK.test(work)) known.set(agent, { work, at });
      }
      this.#known = known;
      this.#askedAt = now;
    });
  }

  /** By agent id. */
  known(): ReadonlyMap<string, KnownWork> {
    return this.#known;
  }
}

/** The work in which an agent fell silent that is gone; null: it is there, or fell silent by itself. */
export function workBehind(
  { rung, beatAt }: { readonly rung: number | null; readonly beatAt: number | null },
  known: KnownWork | undefined,
): string | null {
  if (known === undefined || beatAt === null || (rung ?? 0) >= 2) return null;
  return beatAt <= known.at + AFTERWARDS_MS ? known.work : null;
}
