import type { ActCommand } from "./command.ts";
import { named } from "./command-fixture.ts";
import { type Operation, plannedStages } from "./domain/operation.ts";
import { type Execution, executeOperation } from "./execute-operation.ts";
import { OPERATOR, operationOf } from "./fake-agent-fixture.ts";
import { FakeFleet } from "./fleet-fixture.ts";
import type { AuditEntry } from "./ports/audit-log.ts";

const GROUPS = { orders: 8, content: 10, platform: 4 } as const;
export type Group = keyof typeof GROUPS;

/** `content-lead` and nine who stand under it. */
export const membersOf = (group: Group): string[] => [
  `${group}-lead`,
  ...Array.from({ length: GROUPS[group] - 1 }, (_, index) => `${group}-${index + 1}`),
];
export const EVERYBODY: readonly string[] = (Object.keys(GROUPS) as Group[]).flatMap(membersOf);

/** One operation over a simulated fleet of 22 in three groups, and what was seen of them at each of its writes. */
export class BulkStage {
  readonly fleet = new FakeFleet(...EVERYBODY);
  readonly audited: AuditEntry[] = [];
  readonly saved: Operation[] = [];
  /** Fewest agents of a group that worked at any write. */
  readonly fewest = new Map<string, number>();
  /** Most agents that were worked on side by side at any write. */
  most = 0;
  /** Accepted commands about the operation, newest first. */
  readonly wishes: Operation[] = [];
  row: Operation;
  /** Called after each write. */
  onSaved: (operation: Operation) => void = () => undefined;

  constructor(
    agents: readonly string[],
    { command = "restart", input = {} }: { command?: string; input?: object } = {},
  ) {
    for (const group of Object.keys(GROUPS) as Group[]) {
      for (const id of membersOf(group)) {
        const agent = this.fleet.agent(id);
        const parent = id === `${group}-lead` ? null : `${group}-lead`;
        agent.expected = { ...agent.expected, group, parent };
      }
    }
    const { stages } = named(command) as ActCommand;
    const targets = agents.map((agent) => ({
      agent,
      stages: plannedStages(stages.map(({ name }) => name)),
      memory: {},
      ending: null,
    }));
    const accepted = { state: "queued", startedAt: null, targets, command, input: { who: agents, ...input } } as const;
    this.row = { ...operationOf(this.fleet.now), ...accepted };
  }

  /** Runs the job of the operation, as a worker does. */
  run(changes: Partial<Execution> = {}): Promise<void> {
    const ports = {
      ...this.fleet.ports,
      operations: { ...this.fleet.ports.operations, find: async () => this.row, list: async () => this.wishes },
    };
    const { command } = this.row;
    return executeOperation(this.row.id, {
      ports,
      commands: [named(command)],
      progress: { save: (operation, audit) => this.save(operation, audit) },
      signal: new AbortController().signal,
      onBug: (error) => {
        throw error;
      },
      ...{ retryMs: 1, wishMs: 5 },
      ...changes,
    });
  }

  /** Somebody says how it goes on. */
  wish(command: "cancel" | "continue"): void {
    const id = `op-${this.wishes.length + 2}`;
    const input = { operation: this.row.id };
    this.wishes.unshift({ ...operationOf(this.fleet.now), id, command, input, actor: OPERATOR });
  }

  async save(operation: Operation, audit: readonly AuditEntry[] = []): Promise<Operation> {
    this.row = { ...structuredClone(operation), revision: this.row.revision + 1 };
    this.saved.push(this.row);
    this.audited.push(...audit);
    this.#look();
    this.onSaved(this.row);
    return this.row;
  }

  endings(): Record<string, string | null> {
    return Object.fromEntries(this.row.targets.map(({ agent, ending }) => [agent, ending]));
  }

  /** Agents that were ordered to do something, each once. */
  touched(): Set<string> {
    return new Set(this.fleet.effects.filter((effect) => effect.startsWith("stop ")).map((effect) => effect.slice(5)));
  }

  works(id: string): boolean {
    const agent = this.fleet.agent(id);
    return agent.state === "running" && agent.answersEcho && agent.takesCanary;
  }

  #look(): void {
    for (const group of Object.keys(GROUPS) as Group[]) {
      const working = membersOf(group).filter((id) => this.works(id)).length;
      this.fewest.set(group, Math.min(this.fewest.get(group) ?? working, working));
    }
    const underWay = this.row.targets.filter(({ stages }) => stages.some(({ state }) => state === "now"));
    this.most = Math.max(this.most, underWay.length);
  }
}
