import { Counter, type Registry } from "prom-client";
import { knownGauge } from "./known-gauge.ts";

const REASONS = ["signature", "stale", "future", "body"] as const;

export interface SlackMetrics {
  /** A request that was not let in; a word outside the short list counts as `other`. */
  refused(why: string): void;
  /** Messages that do not show the newest state yet, and how long the oldest has waited. */
  outbox(state: { waiting: number; oldestSeconds: number }): void;
  /** Sockets to Slack that are open, and how many should be; both absent without Socket Mode. */
  sockets(state: { connected: number; wanted: number }): void;
}

/** The Slack door and its outbox. */
export function createSlackMetrics(registry: Registry): SlackMetrics {
  const refused = new Counter({
    name: "rollcall_slack_requests_refused_total",
    help: "Requests in Slack's name that were not let in",
    labelNames: ["reason"],
    registers: [registry],
  });
  for (const reason of REASONS) refused.inc({ reason }, 0);
  let outbox: { waiting: number; oldestSeconds: number } | null = null;
  knownGauge(registry, {
    name: "rollcall_slack_outbox_messages",
    help: "Messages that do not show the newest state of their row",
    read: () => outbox?.waiting ?? null,
  });
  knownGauge(registry, {
    name: "rollcall_slack_outbox_oldest_seconds",
    help: "How long the oldest of them has been behind",
    read: () => outbox?.oldestSeconds ?? null,
  });
  let sockets: { connected: number; wanted: number } | null = null;
  knownGauge(registry, {
    name: "rollcall_slack_sockets",
    help: "Open sockets to Slack (Socket Mode)",
    read: () => sockets?.connected ?? null,
  });
  knownGauge(registry, {
    name: "rollcall_slack_sockets_wanted",
    help: "Sockets to Slack that should be open",
    read: () => sockets?.wanted ?? null,
  });
  return {
    refused: (why) => refused.inc({ reason: (REASONS as readonly string[]).includes(why) ? why : "other" }),
    sockets(state) {
      sockets = state;
    },
    outbox(state) {
      outbox = state;
    },
  };
}
