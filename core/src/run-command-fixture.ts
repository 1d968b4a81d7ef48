import { z } from "zod";
import { type CommandDefinition, defineCommand, type Ports } from "./command.ts";
import type { Actor, Role } from "./domain/actor.ts";
import { Failure } from "./domain/failure.ts";
import type { Operation } from "./domain/operation.ts";
import { plainReport } from "./domain/report.ts";
import { workingAgent } from "./fake-agent-fixture.ts";
import { FakeFleet } from "./fleet-fixture.ts";
import { memoryRequests } from "./memory-requests-fixture.ts";
import { NO_RULES } from "./policy-rules.ts";
import type { AuditEntry } from "./ports/audit-log.ts";
import type { Acceptance, CommandStore } from "./ports/command-store.ts";
import type { CommandRequest, Engine } from "./run-command.ts";

export const actorOf = (role: Role | null): Actor => ({
  ...{ id: "olga", name: "Olga", role, person: true, source: "access.yaml", slackUser: null },
});
const input = z.strictObject({ who: z.array(z.string()).min(1), mode: z.enum(["soft", "hard"]).optional() });
const plain = { aliases: [], words: [], examples: [] };
const looks = (calls: string[]): CommandDefinition[] => [
  defineCommand({
    ...plain,
    name: "status",
    aliases: ["st"],
    kind: "read",
    summary: "Show the fleet",
    role: "viewer",
    danger: 0,
    input: z.strictObject({}),
    async run(_, { actor: { name }, door, commands: all }) {
      calls.push("status");
      return { ...plainReport(`for ${name} at ${door}`), data: all.length };
    },
  }),
  defineCommand({
    ...plain,
    name: "whoami",
    kind: "read",
    summary: "Say who I am",
    role: null,
    danger: 0,
    input: z.strictObject({}),
    run: async () => ({ ...plainReport("you"), data: null }),
  }),
];

const acts = (calls: string[]): CommandDefinition[] => [
  defineCommand({
    ...plain,
    name: "restart",
    aliases: ["bounce"],
    kind: "act",
    summary: "Restart agents",
    role: "operator",
    danger: 2,
    input,
    words: ["who"],
    async targets(raw) {
      calls.push("targets");
      const { who } = input.parse(raw);
      if (who.includes("nobody")) throw new Failure("unknown_agent", '"nobody" is no agent');
      return who.map((id) => workingAgent(id).expected);
    },
    needsSecondPerson: async (targets) =>
      targets.some(({ id }) => id === "billing") ? { rule: "p0-working", why: "P0 agent billing works" } : null,
    stages: [
      { name: "sent", run: async () => ({ state: "done" }) },
      { name: "working", run: async () => ({ state: "done" }) },
    ],
  }),
  defineCommand({
    ...plain,
    name: "ack",
    kind: "act",
    summary: "Take an alert",
    role: "operator",
    danger: 1,
    input: z.strictObject({ alert: z.string() }),
    incidentId: ({ alert }) => String(alert),
    targets: async () => [],
    stages: [{ name: "acknowledged", run: async () => ({ state: "done" }) }],
  }),
];

/** A command path in memory, and what came through it. */
export interface CommandStage {
  readonly calls: string[];
  readonly audited: AuditEntry[];
  readonly accepted: Acceptance[];
  readonly problems: string[];
  readonly engine: Engine;
  /** 22 agents, all of which work. */
  readonly fleet: FakeFleet;
}

export function stageCommands(): CommandStage {
  const stage = {
    calls: [] as string[],
    audited: [] as AuditEntry[],
    accepted: [] as Acceptance[],
    problems: [] as string[],
  };
  const store: CommandStore = {
    find: async () => null,
    async accept(acceptance) {
      if (acceptance.confirms !== undefined) fleet.plans.use(acceptance.confirms, "op-1");
      stage.accepted.push(acceptance);
      return { operation: { id: "op-1" } as Operation, repeated: false };
    },
  };
  const fleet = new FakeFleet("invoices", "billing", ...Array.from({ length: 20 }, (_, index) => `agent-${index}`));
  const ports = {
    ...fleet.ports,
    audit: { append: async (entry: AuditEntry) => stage.audited.push(entry) },
    rules: { current: () => NO_RULES },
    requests: memoryRequests({ now: () => fleet.now }, undefined, fleet.plans),
    directory: {
      ...{ source: "access.yaml", byId: (id: string) => ({ id, role: "operator" }), confirm: async () => true },
      ...{ withRole: () => [{ id: "adam", name: "Adam" }], trust: () => ({ asOf: fleet.now, held: null }) },
    },
  } as unknown as Ports;
  const onProblem = (problem: string): void => void stage.problems.push(problem);
  return {
    ...stage,
    fleet,
    engine: { commands: [...looks(stage.calls), ...acts(stage.calls)], ports, store, onProblem },
  };
}

export const ask = (changes: Partial<CommandRequest> = {}): CommandRequest => ({
  ...{ command: "restart", input: { who: ["invoices"] }, actor: actorOf("operator"), door: "slack" },
  ...{ reason: null, requestId: "req-1", idempotencyKey: "key-1", incidentId: null },
  ...changes,
});
