import type { AuditEntry } from "../domain/audit.ts";
import type { Block, Lift } from "./policy-rules.ts";

/** Blocks and lifts, kept in PostgreSQL so that every replica and every restart knows them. A change is audited with it. */
export interface AccessOverrides {
  /** What stands at this moment. @throws Failure "unavailable" */
  open(): Promise<{ readonly blocks: readonly Block[]; readonly lifts: readonly Lift[] }>;
  /** Takes the place of an earlier block of the person. @throws Failure "unavailable" */
  block(block: Pick<Block, "person" | "reason" | "by" | "until">, audit: AuditEntry): Promise<void>;
  /** Takes the place of an earlier lift of the person. @throws Failure "unavailable" */
  lift(lift: Pick<Lift, "person" | "role" | "reason" | "by" | "until">, audit: AuditEntry): Promise<void>;
  /** @returns false if nothing of the kind stood, and then nothing is written @throws Failure "unavailable" */
  end(which: { kind: "block" | "lift"; person: string; by: string }, audit: AuditEntry): Promise<boolean>;
}
