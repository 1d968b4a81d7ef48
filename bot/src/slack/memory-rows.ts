import type { Incident } from "@rollcall/core/domain/incident.ts";
import { isEnded, type Operation } from "@rollcall/core/domain/operation.ts";
import { memoryPlans } from "@rollcall/core/memory-plans-fixture.ts";
import { memoryRequests } from "@rollcall/core/memory-requests-fixture.ts";
import { NO_RULES } from "@rollcall/core/policy-rules.ts";
import type { Clock } from "@rollcall/core/ports/clock.ts";
import type { Acceptance } from "@rollcall/core/ports/command-store.ts";
import type { Publication, Publications } from "@rollcall/core/ports/publications.ts";
import type { DraftPorts } from "./draft-deps.ts";
import { agent, beat, NOW } from "./fixtures.ts";
import { WORKSPACE_DIRECTORY } from "./workspace-people-fixture.ts";

/** Rows in memory in place of PostgreSQL, for the tests of the publisher and the door. */
export class MemoryRows {
  readonly operations = new Map<string, Operation>();
  readonly incidents = new Map<string, Incident>();
  readonly shown = new Map<string, { channel: string; ts: string; revision: number }>();
  readonly attempted = new Set<string>();
  /** Messages to one person each, of requests. */
  readonly direct = new Set<string>();
  /** Accepts what a second person has agreed to. @returns the id of its operation */
  acceptApproved: (acceptance: Acceptance) => string = () => "op-1";
  readonly plans = memoryPlans({ now: () => Date.now() });
  readonly requests = memoryRequests(
    { now: () => Date.now() },
    (acceptance) => this.acceptApproved(acceptance),
    this.plans,
  );
  /** Set to fail the next calls of `markShown`, as if the process had died there. */
  failingMarks = 0;

  put(row: Operation | Incident): void {
    if ("command" in row) this.operations.set(row.id, row);
    else this.incidents.set(row.id, row);
  }

  readonly publications: Publications = {
    behind: async (limit) =>
      this.#wanted()
        .filter(({ key, revision }) => this.shown.get(key)?.revision !== revision)
        .slice(0, limit)
        .map(({ key, revision }) => this.#publication(key, revision)),
    find: async (key) => this.#publication(key, 0),
    want: async (key) => void this.direct.add(key),
    forget: async (key) => void this.direct.delete(key),
    keyAt: async ({ channel, ts }) =>
      [...this.shown].find(([key, at]) => at.channel === channel && at.ts === ts && !key.endsWith(":ending"))?.[0] ??
      null,
    markAttempt: async (key) => void this.attempted.add(key),
    markShown: async (key, shown) => {
      if (this.failingMarks > 0) {
        this.failingMarks -= 1;
        throw new Error("the process died");
      }
      this.attempted.delete(key);
      this.shown.set(key, shown);
    },
  };

  #wanted(): { key: string; revision: number }[] {
    const quiet = ["approve", "deny", "withdraw"];
    const operations = [...this.operations.values()].filter(({ command }) => !quiet.includes(command));
    const requests = [...this.requests.rows.values()];
    const unheard = requests.filter(({ state }) => ["denied", "expired", "void"].includes(state));
    return [
      ...requests.map(({ id, revision }) => ({ key: id, revision })),
      ...unheard.map(({ id, revision }) => ({ key: `${id}:ending`, revision })),
      ...[...this.direct].map((key) => ({
        key,
        revision: this.requests.rows.get(key.split(":")[0] ?? "")?.revision ?? 0,
      })),
      ...operations.filter(({ incidentId }) => incidentId === null).map(({ id, revision }) => ({ key: id, revision })),
      ...[...this.incidents.values()].map(({ id, revision }) => ({ key: id, revision })),
      ...operations.filter(isEnded).map(({ id, revision }) => ({ key: `${id}:ending`, revision })),
    ];
  }

  #publication(key: string, revision: number): Publication {
    return { key, revision, posted: this.shown.get(key) ?? null, attempted: this.attempted.has(key) };
  }

  ports(clock: Clock): DraftPorts {
    const ids = ["billing", "invoices", "order-validator", "content-strategist"];
    return {
      clock,
      ...{ requests: this.requests, plans: this.plans },
      rules: { current: () => NO_RULES },
      directory: WORKSPACE_DIRECTORY,
      operations: {
        find: async (id) => this.operations.get(id) ?? null,
        list: async () => [...this.operations.values()],
        history: async () => ({ tried: 0, helped: 0, medianSeconds: null }),
      },
      incidents: {
        find: async (id) => this.incidents.get(id) ?? null,
        open: async () => [...this.incidents.values()],
        record: async () => Promise.reject(new Error("not used")),
        ...{ acknowledge: async () => true, giveBack: async () => true, ended: async () => [] },
      },
      registry: {
        expected: async () => ({
          v: 1,
          fleet: "demo",
          version: 1,
          at: NOW,
          agents: ids.map((id) => agent(id, { criticality: "P1" })),
          topics: [],
        }),
        setDesired: async () => {},
      },
      bus: {
        now: async () => NOW,
        readFleet: async () => null,
        publishFleet: async () => {},
        readPresence: async (asked) =>
          new Map(asked.map((id) => [id, { beat: beat(id, { at: NOW - 38_000 }), forged: false }])),
        readMapped: async () => new Map(),
        markProcesses: async () => {},
        readCanaryRound: async () => NOW - 5000,
        trimInboxes: async () => 0,
        ...{ markCanaryRound: async () => {}, markPlannedWork: async () => {} },
        broadcast: async () => {},
        send: async () => {},
        collectReplies: async () => [],
        readWaiting: async () => [],
      },
      supervisor: {
        list: async () => [],
        inspect: async (id) => ({
          agent: id,
          state: "exited",
          pid: null,
          startedAt: null,
          exit: { code: 137, signal: null, at: NOW - 36_000 },
          lastErrors: [],
        }),
        start: async () => Promise.reject(new Error("not used")),
        kill: async () => Promise.reject(new Error("not used")),
      },
    };
  }
}
