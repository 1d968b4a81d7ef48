import type { Limit } from "../domain/limits.ts";

/** A limit that something is counted under. */
export interface NamedLimit extends Limit {
  readonly name: string;
}

export interface LimitedUse {
  /** Who is counted: `person:anna`, `socket:203.0.113.7`. */
  readonly principal: string;
  /** The same wish again is not counted again; null: every use counts. */
  readonly wish: string | null;
  readonly limits: readonly NamedLimit[];
}

/** A limit that is used up. */
export interface UsedUp {
  readonly name: string;
  /** When the next use is free, milliseconds since the epoch. */
  readonly freeAt: number;
}

/** Counts uses for all control services together, over restarts. A use that is over one limit is counted under none. */
export interface LimitStore {
  /** @returns the first limit that is used up; null: counted @throws Failure "unavailable" */
  take(use: LimitedUse): Promise<UsedUp | null>;
}
