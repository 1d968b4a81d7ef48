import { join } from "node:path";
import type { ActCommand, CommandDefinition, ReadCommand } from "@rollcall/core/command.ts";
import type { ApiReadiness } from "@rollcall/core/contract.ts";
import type { Role } from "@rollcall/core/domain/actor.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { type Operation, plannedStages } from "@rollcall/core/domain/operation.ts";
import { plainReport } from "@rollcall/core/domain/report.ts";
import { memoryRequests } from "@rollcall/core/memory-requests-fixture.ts";
import { NO_RULES } from "@rollcall/core/policy-rules.ts";
import type { Admission, Refusal } from "@rollcall/core/ports/attempts.ts";
import type { AuditEntry } from "@rollcall/core/ports/audit-log.ts";
import type { AlertNotification } from "@rollcall/core/ports/incidents.ts";
import type { CompiledFleet, ExpectedAgent, Heartbeat } from "@rollcall/core/protocol.ts";
import type { CommandRequest } from "@rollcall/core/run-command.ts";
import { RotatingSecret } from "@rollcall/core/secrets/rotating-secret.ts";
import { z } from "zod";
import { createHub } from "../live/hub.ts";
import { createLog } from "../log.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { createApp } from "./app.ts";
import type { AppDeps } from "./deps.ts";
import { incident } from "./incident-fixture.ts";
import { NOW } from "./now-fixture.ts";
import { ticketsInMemory } from "./tickets-fixture.ts";

export { NOW };
export const WEBHOOK_TOKEN = "a webhook token for tests";
const tokenOf = (name: string): string => `rc_${name.padEnd(43, "0")}`;

/** Headers of the callers that tests use; each token's name says what it may do. */
export const callers = {
  operator: { authorization: `Bearer ${tokenOf("operator")}` },
  viewer: { authorization: `Bearer ${tokenOf("viewer")}` },
  roleless: { authorization: `Bearer ${tokenOf("roleless")}` },
  readOnly: { authorization: `Bearer ${tokenOf("readonly")}` },
  actOnly: { authorization: `Bearer ${tokenOf("actonly")}` },
} as const;

const tokens: Readonly<Record<string, { id: string; role: Role | null; scopes: readonly string[] }>> = {
  [tokenOf("operator")]: { id: "operator", role: "operator", scopes: ["read", "act"] },
  [tokenOf("viewer")]: { id: "viewer", role: "viewer", scopes: ["read", "act"] },
  [tokenOf("roleless")]: { id: "guest", role: null, scopes: ["read", "act"] },
  [tokenOf("readonly")]: { id: "operator", role: "operator", scopes: ["read"] },
  [tokenOf("actonly")]: { id: "operator", role: "operator", scopes: ["act"] },
};

const directory: AppDeps["ports"]["directory"] = {
  source: "access.yaml",
  byId: () => null,
  bySlack: () => null,
  byToken: (token) => {
    const found = tokens[token];
    if (found === undefined) return null;
    const person = { id: found.id, name: found.id, mails: [], slack: [], role: found.role };
    return { person, tokenId: `${found.id}-token`, scopes: found.scopes };
  },
  byMail: () => null,
  byTokenId: (id) => {
    const text = Object.keys(tokens).find((one) => `${tokens[one]?.id}-token` === id);
    return text === undefined ? null : directory.byToken(text);
  },
  withRole: () => [],
  trust: () => ({ asOf: NOW, held: null }),
  confirm: async () => true,
};

export const agentOf = (id: string, more: Partial<ExpectedAgent> = {}): ExpectedAgent => ({
  id,
  group: "orders",
  parent: null,
  does: `does ${id}`,
  labels: { tier: "back" },
  criticality: "P1",
  owner: "orders",
  runbook: null,
  consequence: "orders wait",
  normalSeconds: 1,
  consumes: [],
  publishes: [],
  runtime: { kind: "process", name: id },
  desired: { state: "running", by: null, since: null, reason: null },
  ...more,
});

const beatOf = (agent: string, more: Partial<Heartbeat> = {}): Heartbeat => ({
  v: 1,
  agent,
  epoch: 1,
  counter: 9,
  at: NOW - 1000,
  clockSkewMs: 0,
  startedAt: NOW - 600_000,
  startedBy: null,
  version: "1.0.0",
  activity: "idle",
  inFlight: 0,
  oldestInFlightAt: null,
  inboxReadAt: NOW - 1000,
  canary: { handledAt: NOW - 5000, tookMs: 1, waitingSince: null },
  tasks: {},
  cpuSeconds: 1,
  rssBytes: 1,
  eventLoopDelaySeconds: 0,
  host: "host",
  runtime: { kind: "process", name: agent },
  publishes: [],
  consumes: [],
  ...more,
});

export const operationOf = (more: Partial<Operation> = {}): Operation => ({
  id: "op-7",
  command: "restart",
  input: { who: ["billing"] },
  actor: { id: "operator", name: "operator", role: "operator", person: true, source: "access.yaml", slackUser: null },
  door: "http",
  reason: null,
  requestId: "req-1",
  state: "queued",
  ending: null,
  error: null,
  targets: [{ agent: "billing", stages: plannedStages(["sent", "stopped"]), memory: { pid: 42 }, ending: null }],
  incidentId: null,
  createdAt: NOW,
  startedAt: null,
  endedAt: null,
  usualSeconds: 38,
  earlierRuns: 5,
  revision: 1,
  ...more,
});

const status: ReadCommand = {
  name: "status",
  aliases: ["st"],
  summary: "The fleet in five lines",
  kind: "read",
  role: "viewer",
  danger: 0,
  input: z.strictObject({ who: z.array(z.string()).default([]) }),
  words: ["who"],
  examples: ["status"],
  run: async () => ({ ...plainReport("all work"), data: { working: 22 } }),
};
const restart: ActCommand = {
  name: "restart",
  aliases: ["bounce"],
  summary: "Stop agents and start them again, and prove that they work",
  kind: "act",
  role: "operator",
  danger: 2,
  input: z.strictObject({ who: z.array(z.string()).min(1) }),
  words: ["who"],
  examples: ["restart billing"],
  targets: async () => [],
  stages: [],
};
const commands: readonly CommandDefinition[] = [status, restart];

/** The app on plain objects that remember what they were asked. */
export function makeApp(change: (deps: AppDeps) => AppDeps = (deps) => deps) {
  const seen = {
    audit: [] as AuditEntry[],
    requests: [] as CommandRequest[],
    notifications: [] as AlertNotification[],
    admitted: [] as Admission[],
    refused: [] as Refusal[],
    logs: [] as string[],
  };
  const accepted = new Map<string, Operation>();
  const ready: ApiReadiness = { ready: true, dependencies: [] };
  const run: AppDeps["run"] = async (request) => {
    seen.requests.push(request);
    if (request.command === "status")
      return { kind: "read", report: plainReport("all work"), data: { working: 22, door: request.door } };
    if (request.command !== "restart") throw new Failure("unknown_command", `no command "${request.command}"`);
    if (request.actor.role === "viewer") throw new Failure("forbidden", "restart needs the operator role");
    const key = request.idempotencyKey ?? "none";
    const before = accepted.get(key);
    const operation = before ?? operationOf({ input: request.input, id: `op-${accepted.size + 1}` });
    accepted.set(key, operation);
    return { kind: "act", operation, repeated: before !== undefined };
  };
  const log = createLog("info", { write: (line: string) => void seen.logs.push(line) });
  const metrics = createMetrics({ version: "0.1.0" });
  const deps = change({
    version: "0.1.0",
    fleet: "demo",
    log,
    ports: fakePorts(seen),
    commands,
    run,
    readiness: () => ready,
    live: createHub(),
    tickets: ticketsInMemory(),
    metrics,
    attempts: { admitted: (one) => void seen.admitted.push(one), refused: (one) => void seen.refused.push(one) },
    webhookToken: new RotatingSecret(WEBHOOK_TOKEN),
    metricsToken: null,
    runbookDir: join(import.meta.dirname, "../../../alerting/runbooks"),
  });
  return { app: createApp(deps), seen, metrics: deps.metrics };
}

const fleet: CompiledFleet = {
  v: 1,
  fleet: "demo",
  version: 1,
  at: NOW,
  agents: [
    agentOf("billing", { group: "payments", criticality: "P0" }),
    agentOf("invoices"),
    agentOf("shipping", { desired: { state: "stopped", by: "operator", since: NOW - 60_000, reason: "moving" } }),
  ],
  topics: [],
};

function fakePorts(seen: { audit: AuditEntry[]; notifications: AlertNotification[] }): AppDeps["ports"] {
  const unused = async (): Promise<never> => {
    throw new Error("not used here");
  };
  return {
    clock: { now: () => NOW },
    directory,
    rules: { current: () => NO_RULES },
    registry: { expected: async () => fleet, setDesired: unused },
    supervisor: {
      list: async () => [
        { agent: "billing", state: "exited", pid: null, startedAt: null, exit: null, lastErrors: [] },
        { agent: "invoices", state: "running", pid: 7, startedAt: NOW, exit: null, lastErrors: [] },
      ],
      inspect: unused,
      start: unused,
      kill: unused,
    },
    bus: {
      now: async () => NOW,
      readFleet: async () => fleet,
      publishFleet: unused,
      readPresence: async () =>
        new Map([
          ["billing", { beat: beatOf("billing", { at: NOW - 60_000 }), forged: false }],
          ["invoices", { beat: beatOf("invoices", { activity: "processing" }), forged: false }],
        ]),
      readMapped: async () => new Map(),
      markProcesses: unused,
      readCanaryRound: async () => NOW - 3000,
      trimInboxes: async () => 0,
      markCanaryRound: unused,
      markPlannedWork: unused,
      broadcast: unused,
      send: unused,
      collectReplies: unused,
      readWaiting: async (agent) => [{ topic: "payments.captured", group: agent, lag: 64, pending: 1 }],
    },
    requests: memoryRequests({ now: () => NOW }),
    operations: {
      find: async (id) => (id === "op-7" ? operationOf() : null),
      list: async () => [operationOf()],
      history: unused,
    },
    incidents: {
      record: async (notification) => {
        seen.notifications.push(notification);
        return incident;
      },
      ...{ find: unused, acknowledge: unused, giveBack: unused },
      open: async () => [incident],
      ended: async () => [{ ...incident, id: "inc-2", state: "resolved", resolvedAt: NOW }],
    },
    audit: {
      append: async (entry) => seen.audit.push(entry),
      search: async ({ limit }) =>
        [
          { ...refusedRow, seq: 2, at: "2026-11-20T00:00:00Z", hash: "b" },
          { ...refusedRow, seq: 1, at: "2026-11-20T00:00:00Z", hash: "a" },
        ].slice(0, limit),
      verify: unused,
    },
  };
}

const refusedRow: AuditEntry = {
  event: "decision",
  actor: "viewer",
  door: "http",
  command: "restart",
  targets: ["billing"],
  decision: "refused",
  rule: "role-operator",
  reason: null,
  operationId: null,
  requestId: "req-1",
  detail: {},
};
