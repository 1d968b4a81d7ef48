import type { Actor } from "@rollcall/core/domain/actor.ts";
import type { Incident, IncidentAlert } from "@rollcall/core/domain/incident.ts";
import { type Operation, plannedStages, type Stage } from "@rollcall/core/domain/operation.ts";
import type { ExpectedAgent, Heartbeat } from "@rollcall/core/protocol.ts";
import { RotatingSecret } from "@rollcall/core/secrets/rotating-secret.ts";
import type { AgentFacts, IncidentFacts } from "./incident-facts.ts";
import type { Frame } from "./render/operation.ts";
import type { SlackSettings } from "./settings.ts";

/** Rows and facts as the ports give them, for the tests of this folder. */
export const NOW = Date.UTC(2026, 10, 21, 2, 41, 28);

export const SIGNING_SECRET = "0123456789abcdef0123456789abcdef";

export const SETTINGS: SlackSettings = {
  botToken: "xoxb-local",
  signingSecret: new RotatingSecret(SIGNING_SECRET),
  appToken: null,
  apiUrl: "http://127.0.0.1:1/api/",
  botId: "B0FLEET",
  botUserId: "U0FLEET",
  teamId: "T0LOCAL",
  alertsChannel: "C0ALERTS",
  opsChannel: "C0OPS",
  auditChannel: "C0AUDIT",
  publicUrl: "http://127.0.0.1:8080",
  runbookUrl: "https://runbooks.example.test",
  grafanaAppUrl: "https://grafana.example.test/a/rollcall-fleet-app",
};

export const FRAME: Frame = { links: SETTINGS, now: NOW, behindMinutes: null };

export const OPERATOR: Actor = {
  id: "operator",
  name: "Operator on call",
  role: "operator",
  person: true,
  source: "access.yaml",
  slackUser: "U0OPERATOR",
};

const RESTART_STAGES = ["sent", "stopped", "started", "working", "alert clear"];

/** The first `done` stages have taken a second each, the next one runs. */
export const stagesUpTo = (done: number): Stage[] =>
  plannedStages(RESTART_STAGES).map((stage, index) => {
    const startedAt = NOW - 10_000 + index * 1000;
    if (index < done) return { ...stage, state: "done", startedAt, endedAt: startedAt + 1000 };
    return index === done ? { ...stage, state: "now", startedAt } : stage;
  });

export const operation = (more: Partial<Operation> = {}): Operation => ({
  id: "op-481",
  command: "restart",
  input: { who: ["billing"] },
  actor: OPERATOR,
  door: "slack",
  reason: null,
  requestId: "req-1",
  state: "running",
  ending: null,
  error: null,
  targets: [{ agent: "billing", stages: stagesUpTo(2), memory: {}, ending: null }],
  incidentId: null,
  createdAt: NOW - 10_000,
  startedAt: NOW - 10_000,
  endedAt: null,
  usualSeconds: 38,
  earlierRuns: 5,
  revision: 3,
  ...more,
});

export const ended = (ending: NonNullable<Operation["ending"]>, more: Partial<Operation> = {}): Operation =>
  operation({
    state: "ended",
    ending,
    endedAt: NOW + 31_000,
    targets: [{ agent: "billing", stages: stagesUpTo(5), memory: {}, ending }],
    ...more,
  });

export const agent = (id: string, more: Partial<ExpectedAgent> = {}): ExpectedAgent => ({
  id,
  group: "orders",
  parent: null,
  does: "captures the payment",
  labels: {},
  criticality: "P0",
  owner: "payments",
  runbook: null,
  consequence: "payments stopped",
  normalSeconds: 2,
  consumes: ["stock.reserved"],
  publishes: ["payments.captured"],
  runtime: { kind: "process", name: id },
  desired: { state: "running", by: null, since: null, reason: null },
  ...more,
});

export const beat = (id: string, more: Partial<Heartbeat> = {}): Heartbeat => ({
  v: 1,
  agent: id,
  epoch: 1,
  counter: 10,
  at: NOW - 2000,
  clockSkewMs: 0,
  startedAt: NOW - 600_000,
  startedBy: null,
  version: "4.7.2",
  activity: "processing",
  inFlight: 0,
  oldestInFlightAt: null,
  inboxReadAt: NOW - 1000,
  canary: { handledAt: NOW - 5000, tookMs: 2, waitingSince: null },
  tasks: {},
  cpuSeconds: 1,
  rssBytes: 1,
  eventLoopDelaySeconds: 0,
  host: "local",
  runtime: { kind: "process", name: id },
  publishes: [],
  consumes: [],
  ...more,
});

export const goneFacts = (id: string): AgentFacts => ({
  id,
  maintenance: null,
  expected: agent(id),
  judgement: { verdict: "gone", rung: 0, health: "critical", since: NOW - 36_000, note: null },
  beat: beat(id, { at: NOW - 38_000 }),
  process: {
    agent: id,
    state: "exited",
    pid: null,
    startedAt: NOW - 600_000,
    exit: { code: 137, signal: null, at: NOW - 36_000 },
    lastErrors: ["out of memory"],
  },
  waiting: [{ topic: "stock.reserved", group: id, lag: 60, pending: 4 }],
});

export const facts = (more: Partial<IncidentFacts> = {}): IncidentFacts => ({
  agents: [goneFacts("billing")],
  history: { tried: 5, helped: 4, medianSeconds: 38 },
  operation: null,
  cause: null,
  changed: null,
  silence: null,
  asOf: NOW,
  ...more,
});

export const alert = (id: string, more: Partial<IncidentAlert> = {}): IncidentAlert => ({
  fingerprint: id,
  alertname: "AgentGone",
  agent: id,
  labels: { alertname: "AgentGone", agent: id, criticality: "P0" },
  annotations: { summary: `${id} is gone` },
  startsAt: NOW - 36_000,
  firing: true,
  endedAt: null,
  ...more,
});

export const incident = (more: Partial<Incident> = {}): Incident => ({
  id: "inc-7",
  groupKey: "{}:{}",
  alertname: "AgentGone",
  criticality: "P0",
  alerts: [alert("billing")],
  state: "firing",
  openedAt: NOW - 20_000,
  resolvedAt: null,
  acknowledgedBy: null,
  acknowledgedAt: null,
  acknowledgedHow: null,
  revision: 1,
  ...more,
});
