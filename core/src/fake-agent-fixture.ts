import type { Actor } from "./domain/actor.ts";
import type { Incident } from "./domain/incident.ts";
import { type Operation, plannedStages, type TargetProgress } from "./domain/operation.ts";
import type { AuditLog } from "./ports/audit-log.ts";
import type { ProcessState } from "./ports/supervisor.ts";
import {
  type ControlMessage,
  type ControlReply,
  type ExpectedAgent,
  type Heartbeat,
  PROTOCOL_MINOR,
  PROTOCOL_VERSION,
} from "./protocol.ts";

/** How an agent of the fake fleet behaves; a test changes it in place. */
export interface FakeAgent {
  expected: ExpectedAgent;
  state: ProcessState["state"];
  pid: number;
  epoch: number;
  /** When its process was started; now if left out. */
  startedAt?: number;
  /** First outcomes of what took effect there, by id. */
  readonly ledger: Map<string, "done" | "failed">;
  exit: ProcessState["exit"];
  lastErrors: string[];
  /** Milliseconds since its last beat; null: never seen. */
  beatAgeMs: number | null;
  beat: Partial<Heartbeat>;
  answersEcho: boolean;
  takesCanary: boolean;
  stops: "at once" | "not, and says so" | "not";
  /** How many items it says that it holds at each look while it drains, the last one again and again; then it ends. */
  drains: number[];
  /** What it answers to an order to run or to its health, if not "done". */
  answers: Partial<Record<"run" | "health", { outcome: "failed" | "refused" | "repeated"; detail: string }>>;
  /** What becomes of the next processes that are started, first to last; then they work. */
  fates: ("works" | "exits" | "never beats" | "deaf" | "does not consume")[];
}

export const OPERATOR: Actor = {
  id: "operator",
  name: "Operator on call",
  role: "operator",
  person: true,
  source: "access.yaml",
  slackUser: "U0OPERATOR",
};

/** The heartbeat that stands on the bus. @param now Redis time in ms */
export function beatOf({ expected, beatAgeMs, epoch, beat }: FakeAgent, now: number): Heartbeat | null {
  if (beatAgeMs === null) return null;
  const at = now - beatAgeMs;
  const { id } = expected;
  return {
    ...{
      v: PROTOCOL_VERSION,
      minor: PROTOCOL_MINOR,
      agent: id,
      epoch,
      counter: 1,
      at,
      clockSkewMs: 0,
      startedAt: at - 600_000,
    },
    ...{ startedBy: null, version: "1.0.0", activity: "idle", inFlight: 0, oldestInFlightAt: null, inboxReadAt: at },
    ...{ canary: { handledAt: at, tookMs: 1, waitingSince: null }, tasks: {}, cpuSeconds: 0, rssBytes: 0 },
    ...{ eventLoopDelaySeconds: 0, host: "here", runtime: { kind: "process", name: id }, publishes: [], consumes: [] },
    ...beat,
  };
}

/** An agent that runs, beats, answers and takes its work. */
export function workingAgent(id: string): FakeAgent {
  const expected: ExpectedAgent = {
    ...{ id, group: "orders", parent: null, does: `does ${id}`, labels: {}, criticality: "P1", owner: "orders" },
    ...{ runbook: null, consequence: "nothing goes on", normalSeconds: 2, consumes: ["stock.*"], publishes: [] },
    ...{ runtime: { kind: "process", name: id }, desired: { state: "running", by: null, since: null, reason: null } },
  };
  return {
    ...{ expected, state: "running", pid: 100, epoch: 5, exit: null, lastErrors: [], beatAgeMs: 1000, beat: {} },
    ...{
      answersEcho: true,
      takesCanary: true,
      ledger: new Map(),
      stops: "at once",
      drains: [],
      answers: {},
      fates: [],
    },
  };
}

/** A restart that has just begun. */
export const operationOf = (now: number): Operation => ({
  ...{ id: "op-1", command: "restart", input: {}, actor: OPERATOR, door: "slack", reason: null, requestId: "r1" },
  ...{ state: "running", ending: null, error: null, targets: [], incidentId: null, createdAt: now, startedAt: now },
  ...{ endedAt: null, usualSeconds: null, earlierRuns: 0, revision: 1 },
});

/** An incident in which the agents have fired for five seconds. */
export function firingIncident(id: string, agents: readonly string[], now: number): Incident {
  const alerts = agents.map((agent) => ({
    ...{ fingerprint: agent, alertname: "AgentGone", agent, labels: {}, annotations: {} },
    ...{ startsAt: now - 5000, firing: true, endedAt: null },
  }));
  return {
    ...{ id, groupKey: `key of ${id}`, alertname: "AgentGone", criticality: "P0", alerts, state: "firing" },
    ...{ openedAt: now - 5000, resolvedAt: null, acknowledgedBy: null, acknowledgedAt: null },
    ...{ acknowledgedHow: null, revision: 1 },
  };
}

/** An audit log that takes everything and shows nothing. */
export const QUIET_AUDIT: AuditLog = {
  append: async () => 1,
  search: async () => [],
  verify: async () => ({ rows: 0, unbroken: true, firstBad: null, head: "", anchors: null }),
};

/** Progress of an operation on one agent, before its first stage. */
export const targetOf = (agent: string, memory: TargetProgress["memory"] = {}): TargetProgress => ({
  ...{ agent, stages: plannedStages(["sent"]), memory, ending: null },
});

/** What an agent's ledger answers before anything else; null: the id is new, and in time. */
export function ledgerWord(
  { ledger }: FakeAgent,
  { id, deadline }: ControlMessage,
  now: number,
): (Pick<ControlReply, "outcome"> & { detail?: string }) | null {
  const first = ledger.get(id);
  if (first !== undefined) return { outcome: "repeated", detail: first };
  return deadline < now ? { outcome: "expired" } : null;
}
