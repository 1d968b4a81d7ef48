import { NOW } from "./now-fixture.ts";

/** One open incident. */
export const incident = {
  id: "inc-3",
  groupKey: "{}:{}",
  alertname: "AgentGone",
  criticality: "P0" as const,
  alerts: [],
  state: "firing" as const,
  openedAt: NOW,
  resolvedAt: null,
  acknowledgedBy: null,
  acknowledgedAt: null,
  acknowledgedHow: null,
  revision: 1,
};
