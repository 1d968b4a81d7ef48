import type { Agent, Health, Operation } from "../api/contract.ts";
import { Refusal } from "../api/refusal.ts";
import type { Point } from "../parts/metric-card.tsx";
import type { Entry } from "../parts/timeline.tsx";

const AGENT: Agent = {
  ...{ id: "sample-agent", group: "samples", parent: null, does: "shows how parts look", labels: {} },
  ...{ criticality: "P2", owner: "samples", runbook: null, consequence: "nothing stops", verdict: "working" },
  ...{ rung: 5, provable: 5, health: "healthy", since: null, note: null, activity: "processing", version: "1.0.0" },
  ...{ lastHeartbeatAt: null, processUp: true, waiting: [] },
  ...{ inFlight: 1, held: null, maintenance: null },
  desired: { state: "running", by: null, since: null, reason: null },
};

const VERDICTS: readonly (readonly [Health, Agent["verdict"], number | null])[] = [
  ["healthy", "working", 5],
  ["degraded", "slow", 4],
  ["critical", "alive but not consuming", 3],
  ["unknown", "unknown", null],
  ["off", "paused", 3],
  ["off", "stopped", 0],
];

/** One agent of each health. @param now ms */
export const sampleAgents = (now: number): readonly Agent[] =>
  VERDICTS.map(([health, verdict, rung], index) => ({
    ...{ ...AGENT, id: `sample-${index}`, health, verdict, rung },
    activity: rung === null || rung === 0 ? null : AGENT.activity,
    lastHeartbeatAt: rung === null ? null : now - 2_000 * (index + 1),
  }));

/** A course that rises, falls or stays. */
export function samplePoints(now: number, slope: number): readonly Point[] {
  return Array.from({ length: 30 }, (_, index) => [
    now - (30 - index) * 10_000,
    20 + slope * index + 2 * Math.sin(index),
  ]);
}

export function sampleOperation(now: number): Operation {
  const stage = { startedAt: now - 9_000, detail: null, error: null };
  return {
    ...{ id: "op-0", command: "restart", input: { who: [AGENT.id] }, reason: null, door: "grafana", state: "running" },
    ...{ actor: { id: "sample", name: "Somebody" }, createdAt: now - 9_000, endedAt: null, ending: null, error: null },
    ...{ percent: 60, usualSeconds: 30, earlierRuns: 5, secondsLeft: 21, asOf: now },
    targets: [
      {
        ...{ agent: AGENT.id, ending: null },
        stages: [
          { ...stage, name: "sent", state: "done", seconds: 0.1 },
          { ...stage, name: "stopped", state: "done", seconds: 5.3, detail: "by the supervisor" },
          { ...stage, name: "started", state: "now", seconds: null },
          { ...stage, name: "working", state: "next", seconds: null, startedAt: null },
        ],
      },
    ],
  } as unknown as Operation;
}

export const sampleEntries = (now: number): readonly Entry[] => [
  {
    id: "1",
    at: now - 60_000,
    mark: "✅",
    type: "restart",
    state: "recovered",
    words: "restart sample-0: recovered in 5.4 s",
    by: "Somebody by slack, op-2",
  },
  {
    id: "2",
    at: now - 90_000_000,
    mark: "❌",
    type: "restart",
    state: "did not come back",
    words: "restart sample-2: did not come back",
    by: "Somebody by http, op-1",
  },
  {
    id: "3",
    at: now - 300_000_000,
    mark: "🚫",
    type: "stop",
    state: "refused",
    words: "stop sample-0: refused",
    by: "Somebody else by grafana",
  },
];

export const sampleRefusal = new Refusal("refused", 403, {
  ...{ code: "forbidden", message: "stop needs the operator role", found: "viewer", allowed: ["operator", "admin"] },
  ...{ next: "Ask an admin.", id: "req-0" },
});
