import { Counter, type Registry } from "prom-client";
import { knownGauge } from "./known-gauge.ts";

/** What became of a delivery: stored, ignored (a watchdog), or why it was not taken. */
const DELIVERY_OUTCOMES = ["stored", "watchdog", "unauthenticated", "malformed", "unavailable"] as const;

export interface AlertMetrics {
  delivered(outcome: (typeof DELIVERY_OUTCOMES)[number]): void;
  /** A watchdog alert came in: the way from Prometheus to here works at this moment. */
  watchdogSeen(now: number): void;
}

/** Alertmanager's webhook. */
export function createAlertMetrics(registry: Registry): AlertMetrics {
  const deliveries = new Counter({
    name: "rollcall_webhook_deliveries_total",
    help: "Deliveries to a webhook by what became of them",
    labelNames: ["source", "outcome"],
    registers: [registry],
  });
  for (const outcome of DELIVERY_OUTCOMES) deliveries.inc({ source: "alertmanager", outcome }, 0);
  let lastWatchdog: number | null = null;
  knownGauge(registry, {
    name: "rollcall_watchdog_last_received_timestamp_seconds",
    help: "When the last watchdog alert came in",
    read: () => (lastWatchdog === null ? null : lastWatchdog / 1000),
  });
  return {
    delivered: (outcome) => deliveries.inc({ source: "alertmanager", outcome }),
    watchdogSeen(now) {
      lastWatchdog = now;
    },
  };
}
