import type { Block, Lift } from "./policy-rules.ts";

/** Blocks and lifts, kept in PostgreSQL so that every replica and every restart knows them. */
export interface AccessOverrides {
  /** What stands at this moment. @throws Failure "unavailable" */
  open(): Promise<{ readonly blocks: readonly Block[]; readonly lifts: readonly Lift[] }>;
  /** Blocking again what is blocked changes nothing. @throws Failure "unavailable" */
  block(block: Pick<Block, "person" | "reason" | "by" | "until">): Promise<void>;
  /** Takes the place of an earlier lift of the person. @throws Failure "unavailable" */
  lift(lift: Pick<Lift, "person" | "role" | "reason" | "by" | "until">): Promise<void>;
  /** @returns false if nothing of the kind stood @throws Failure "unavailable" */
  end(which: { kind: "block" | "lift"; person: string; by: string }): Promise<boolean>;
}
