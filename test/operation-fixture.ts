import type { ActCommand, Ports, StageResult } from "@rollcall/core/command.ts";
import type { Role } from "@rollcall/core/domain/actor.ts";
import { type Operation, plannedStages } from "@rollcall/core/domain/operation.ts";
import type { Execution } from "@rollcall/core/execute-operation.ts";
import type { AuditEntry } from "@rollcall/core/ports/audit-log.ts";
import { NOBODY_SEES } from "./away-fixture.ts";
import { rightsOfEverybody } from "./rights-fixture.ts";

export const STAGES = ["sent", "stopped", "working"];

/** An accepted restart by an operator who is called Olga. */
export const operationOf = (changes: Partial<Operation> = {}, agents = ["billing"]): Operation => ({
  id: "op-1",
  command: "restart",
  input: { who: agents },
  actor: { id: "olga", name: "Olga", role: "operator", person: true, source: "access.yaml", slackUser: null },
  door: "slack",
  reason: null,
  requestId: "req-1",
  state: "queued",
  ending: null,
  error: null,
  targets: agents.map((agent) => ({ agent, stages: plannedStages(STAGES), memory: {}, ending: null })),
  incidentId: null,
  createdAt: 500,
  startedAt: null,
  endedAt: null,
  usualSeconds: null,
  earlierRuns: 0,
  revision: 1,
  ...changes,
});

/** One operation in memory with all that happens to it. */
export interface Rehearsal {
  row: Operation;
  /** Accepted commands about it, newest first. */
  wishes: Operation[];
  /** Role of the actor in the directory. */
  role: Role | null;
  now: number;
  readonly saved: Operation[];
  readonly audited: AuditEntry[];
  readonly bugs: unknown[];
  /** What ran, as `agent:stage`. */
  readonly ran: string[];
  /** Those of them that were told that they had begun before. */
  readonly repeated: string[];
  /** How long ago each of `ran` was told that it was first begun, ms. */
  readonly begunMs: number[];
  behave: (agent: string, stage: string) => StageResult | Promise<StageResult>;
  readonly restart: ActCommand;
  execution(changes?: Partial<Execution>): Execution;
}

export function rehearse(): Rehearsal {
  const it: Rehearsal = {
    row: operationOf(),
    wishes: [],
    role: "operator",
    now: 0,
    saved: [],
    audited: [],
    bugs: [],
    ran: [],
    repeated: [],
    begunMs: [],
    behave: () => ({ state: "done" }),
    restart: {
      name: "restart",
      aliases: [],
      kind: "act",
      summary: "Restart agents",
      role: "operator",
      danger: 2,
      // Nothing is parsed here: the row holds the input as it was accepted.
      input: {} as ActCommand["input"],
      words: [],
      examples: [],
      targets: async () => [],
      stages: STAGES.map((name) => ({
        name,
        async run(target, { isRepeat, begunMs = 0 }) {
          it.ran.push(`${target.agent}:${name}`);
          it.begunMs.push(begunMs);
          if (isRepeat) it.repeated.push(`${target.agent}:${name}`);
          return it.behave(target.agent, name);
        },
      })),
    },
    execution: (changes = {}) => ({
      ports: portsOf(it),
      commands: [it.restart],
      progress: {
        async save(operation, audit = []) {
          it.row = { ...structuredClone(operation), revision: it.row.revision + 1 };
          it.saved.push(it.row);
          it.audited.push(...audit);
          return it.row;
        },
      },
      signal: new AbortController().signal,
      onBug: (error) => it.bugs.push(error),
      retryMs: 1,
      wishMs: 1,
      ...changes,
    }),
  };
  return it;
}

function portsOf(it: Rehearsal): Ports {
  const ports = {
    operations: { find: async () => it.row, list: async () => it.wishes },
    ...rightsOfEverybody(() => it.role),
    registry: { expected: async () => ({ agents: [] }) },
    ...NOBODY_SEES,
    clock: {
      now: () => {
        it.now += 1000;
        return it.now;
      },
    },
  };
  return ports as unknown as Ports;
}
