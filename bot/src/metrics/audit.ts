import type { Registry } from "prom-client";
import { knownGauge } from "./known-gauge.ts";

export interface AuditMetrics {
  /** Number of the newest row of the audit log. */
  headSeen(seq: number): void;
}

/** The head of the audit log, so that a cut tail is seen from outside. */
export function createAuditMetrics(registry: Registry): AuditMetrics {
  let head: number | null = null;
  knownGauge(registry, {
    name: "rollcall_audit_seq",
    help: "Number of the newest audit row, as read last",
    read: () => head,
  });
  return {
    headSeen(seq) {
      head = seq;
    },
  };
}
