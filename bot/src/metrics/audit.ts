import { ATTEMPT_DOORS, REFUSAL_REASONS, type Refusal } from "@rollcall/core/ports/attempts.ts";
import { Counter, type Registry } from "prom-client";
import { knownGauge } from "./known-gauge.ts";

export interface AuditMetrics {
  /** Number of the newest row of the audit log. */
  headSeen(seq: number): void;
  /** How many things are wrong with the protection of the audit log. */
  protectionSeen(problems: number): void;
  /** Number and time (milliseconds) of the newest signed anchor. */
  anchored(anchor: { seq: number; at: number }): void;
  /** Somebody or something was turned away at a door. */
  refused(refusal: Pick<Refusal, "door" | "reason">): void;
}

/** The head of the audit log, so that a cut tail is seen from outside; its protection; and who was turned away. */
export function createAuditMetrics(registry: Registry): AuditMetrics {
  let head: number | null = null;
  let problems: number | null = null;
  let anchor: { seq: number; at: number } | null = null;
  const gauge = (name: string, help: string, read: () => number | null): void =>
    knownGauge(registry, { name, help, read });
  gauge("rollcall_audit_seq", "Number of the newest audit row, as read last", () => head);
  gauge("rollcall_audit_protection_problems", "What is wrong with the protection of the audit log", () => problems);
  gauge("rollcall_audit_anchor_seq", "Number of the audit row that was anchored last", () => anchor?.seq ?? null);
  gauge("rollcall_audit_anchor_timestamp_seconds", "When a row of the audit log was anchored last", () =>
    anchor === null ? null : anchor.at / 1000,
  );
  const refused = new Counter({
    name: "rollcall_refused_attempts_total",
    help: "Requests that were turned away, by door and reason",
    labelNames: ["door", "reason"],
    registers: [registry],
  });
  // At 0 from the start, or the first refusal of a kind is no increase: 9 doors times 14 reasons.
  for (const door of ATTEMPT_DOORS) for (const reason of REFUSAL_REASONS) refused.inc({ door, reason }, 0);
  return {
    headSeen(seq) {
      head = seq;
    },
    protectionSeen(found) {
      problems = found;
    },
    anchored(newest) {
      anchor = newest;
    },
    refused: ({ door, reason }) => refused.inc({ door, reason }),
  };
}
