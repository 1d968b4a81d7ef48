import { z } from "zod";
import { type ActCommand, defineCommand, type Ports } from "./command.ts";
import approve from "./commands/approve.ts";
import deny from "./commands/deny.ts";
import withdraw from "./commands/withdraw.ts";
import { type Actor, type Door, hasRole, type Role } from "./domain/actor.ts";
import type { Approval, ApprovalRequest } from "./domain/approval.ts";
import { isFailure } from "./domain/failure.ts";
import type { Operation } from "./domain/operation.ts";
import { executeOperation } from "./execute-operation.ts";
import { FakeFleet } from "./fleet-fixture.ts";
import { personActor } from "./person-actor.ts";
import { rightsOf } from "./policy.ts";
import { NO_RULES } from "./policy-rules.ts";
import type { ApprovalRequests } from "./ports/approval-requests.ts";
import type { Clock } from "./ports/clock.ts";
import type { CommandStore, OperationProgress } from "./ports/command-store.ts";
import type { Person } from "./ports/directory.ts";
import type { Plans } from "./ports/plans.ts";
import type { Block } from "./ports/policy-rules.ts";
import { type CommandAnswer, type CommandRequest, type Engine, runCommand } from "./run-command.ts";

/** Where requests and operations stand: in memory, or in PostgreSQL. */
export interface Rows {
  readonly clock: Clock;
  readonly requests: ApprovalRequests;
  readonly plans: Plans;
  readonly store: CommandStore;
  readonly operations: Pick<Ports["operations"], "find">;
  /** Takes an operation over; null if it has ended. */
  claim(id: string): Promise<OperationProgress["save"] | null>;
  unended(): Promise<readonly string[]>;
  /** Lets time pass for what waits. */
  pass(seconds: number): Promise<void>;
}

/** Lets things happen in another order than they were begun. */
export type Mix = <Arguments extends unknown[], Result>(
  act: (...given: Arguments) => Promise<Result>,
) => (...given: Arguments) => Promise<Result>;

/** What is true of everybody at one moment; checks take time, so what was true since they began counts. */
interface Truth {
  readonly roles: ReadonlyMap<string, Role | null>;
  readonly fleet: readonly string[];
  readonly version: string;
}

const touch: ActCommand = defineCommand({
  ...{ name: "touch", aliases: [], kind: "act", summary: "Touch every agent", role: "operator", danger: 2 },
  ...{ input: z.strictObject({}), words: [], examples: [] },
  targets: async (_, { ports }) => (await ports.registry.expected()).agents,
  stages: [{ name: "sent", run: async () => ({ state: "done", ending: "done" }) }],
});

export const PEOPLE = ["olga", "otto", "adam", "eve"] as const;
const DOORS_OF_PEOPLE: readonly Door[] = ["slack", "grafana", "http"];
const FIRST_AGENTS = ["a", "b", "c", "d"];
const ALL_AGENTS = [...FIRST_AGENTS, "e"];

/** A fleet, its people and its rules, which change while commands run; it watches over every effect. */
export class ApprovalWorld {
  readonly bypasses: string[] = [];
  readonly effects: string[] = [];
  readonly refusals: string[] = [];
  readonly #rows: Rows;
  readonly #mix: Mix;
  readonly #people = new Map<string, Role | null>([
    ...(["olga", "otto"] as const).map((id) => [id, "operator"] as const),
    ...(["adam", "eve"] as const).map((id) => [id, "admin"] as const),
  ]);
  readonly #blocked = new Set<string>();
  readonly #history: Truth[] = [];
  readonly #running = new Set<Promise<unknown>>();
  readonly #jobs = new Set<string>();
  #fleet = [...FIRST_AGENTS];
  #version = NO_RULES.version;
  readonly #seen = new FakeFleet(...ALL_AGENTS);
  #process = new AbortController();
  #wishes = 0;

  constructor(rows: Rows, mix: Mix) {
    this.#rows = rows;
    this.#mix = mix;
    this.#remember();
  }

  setRole(id: string, role: Role | null): void {
    this.#people.set(id, role);
    this.#remember();
  }

  setBlocked(id: string, isBlocked: boolean): void {
    if (isBlocked) this.#blocked.add(id);
    else this.#blocked.delete(id);
    this.#remember();
  }

  setFleet(fleet: readonly string[]): void {
    this.#fleet = [...fleet];
    this.#remember();
  }

  setRules(version: string): void {
    this.#version = version;
    this.#remember();
  }

  /** Somebody asks for a command at one of their doors; a refusal is an answer. */
  async act(id: string, command: string, { request, door = 0 }: { request?: number; door?: number }): Promise<void> {
    const since = this.#history.length - 1;
    const key = `wish-${this.#wishes++}`;
    const input = request === undefined ? {} : { request: `req-${request}` };
    const wish = { command, input, actor: this.#actor(id), door: DOORS_OF_PEOPLE[door] ?? "slack" };
    const rest = { reason: "why not", requestId: key, idempotencyKey: key, incidentId: null };
    try {
      const engine = { commands: this.#commands, ports: this.#ports, store: this.#store };
      const answer = await runThrough({ ...wish, ...rest }, engine);
      if (answer.kind === "act") this.#work(answer.operation.id);
      const wasAdmin = this.#wasTrue(since, ({ roles }) => roles.get(id) === "admin");
      if (answer.kind === "act" && ["approve", "deny"].includes(command) && !wasAdmin)
        this.bypasses.push(`${command} was accepted of ${id}, who is no admin`);
      // Whoever may touch all alone has got round the second person.
      if (answer.kind === "act" && command === "touch" && this.#fleet.length > 3 && !answer.repeated)
        this.bypasses.push(`${answer.operation.id} was accepted of ${id} alone`);
    } catch (error) {
      if (!isFailure(error)) throw error;
      this.refusals.push(`${command} ${error.detail.rule ?? error.code}`);
    }
  }

  async pass(seconds: number): Promise<void> {
    await this.#rows.pass(seconds);
    await this.#rows.requests.expire();
  }

  /** The process dies where it stands; another goes on from the rows. */
  async crash(): Promise<void> {
    this.#process.abort(new Error("the process died"));
    this.#process = new AbortController();
    this.#jobs.clear();
    for (const id of await this.#rows.unended()) this.#work(id);
  }

  /** Lets everything that was begun come to its end. */
  async settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
    for (const id of await this.#rows.unended()) this.#work(id);
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #remember(): void {
    const roles = new Map(PEOPLE.map((id) => [id, this.#blocked.has(id) ? null : (this.#people.get(id) ?? null)]));
    this.#history.push({ roles, fleet: this.#fleet, version: this.#version });
  }

  #wasTrue(since: number, isSo: (truth: Truth) => boolean): boolean {
    return this.#history.slice(since).some(isSo);
  }

  /** One job for each operation: a process does not do it twice at the same time. */
  #work(id: string): void {
    if (this.#jobs.has(id)) return;
    this.#jobs.add(id);
    const { signal } = this.#process;
    const work = this.#execute(id, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) throw error;
      })
      .finally(() => {
        this.#running.delete(work);
        if (!signal.aborted) this.#jobs.delete(id);
      });
    this.#running.add(work);
  }

  async #execute(id: string, signal: AbortSignal): Promise<void> {
    const since = this.#history.length - 1;
    const store = await this.#rows.claim(id);
    if (store === null) return;
    // A dead process writes nothing any more: its lease is another's.
    const fenced = this.#mix(async (...given: Parameters<OperationProgress["save"]>) => {
      signal.throwIfAborted();
      const before = await this.#rows.operations.find(id);
      return { before, saved: await store(...given) };
    });
    const save: OperationProgress["save"] = async (operation, audit) => {
      const { before, saved } = await fenced(operation, audit);
      if (before?.state === "queued" && saved.state === "running") await this.#watch(saved, since);
      return saved;
    };
    const execution = { ports: this.#ports, commands: this.#commands, progress: { save }, signal, retryMs: 1 };
    const onBug = (error: unknown): void => void this.bypasses.push(`bug: ${String(error)}`);
    await executeOperation(id, { ...execution, onBug });
  }

  /** Looks at what begins to have an effect with its own eyes. */
  async #watch(operation: Operation, since: number): Promise<void> {
    if (operation.command !== "touch" || operation.targets.length <= 3) return;
    this.effects.push(operation.id);
    const { approval } = operation;
    const request = approval === undefined ? null : await this.#rows.requests.find(approval.requestId);
    if (approval === undefined || request === null) {
      this.bypasses.push(`${operation.id} has no second person`);
      return;
    }
    const faults = [...faultsOf(request, { operation, approval }), ...this.#faultsNow(request, { approval, since })];
    this.bypasses.push(...faults.map((fault) => `${operation.id}: ${fault}`));
  }

  #faultsNow(request: ApprovalRequest, { approval, since }: { approval: Approval; since: number }): string[] {
    const may = (id: string, role: Role): boolean =>
      this.#wasTrue(since, ({ roles }) => hasRole({ role: roles.get(id) ?? null }, role));
    const isThere = this.#wasTrue(since, ({ fleet }) => request.targets.every((id) => fleet.includes(id)));
    return [
      ...(may(approval.by, "admin") ? [] : ["the approver may not approve"]),
      ...(may(request.actor.id, "operator") ? [] : ["the requester may not ask"]),
      ...(isThere ? [] : ["an agent is gone"]),
    ];
  }

  #actor = (id: string): Actor => personActor(this.#person(id), rightsOf(this.#ports));

  #person = (id: string): Person => ({ id, name: id, mails: [], slack: [], role: this.#people.get(id) ?? null });

  get #commands() {
    return [touch, approve, deny, withdraw];
  }

  get #store(): CommandStore {
    const { find, accept } = this.#rows.store;
    return { find: this.#mix(find), accept: this.#mix(accept) };
  }

  get #ports(): Ports {
    const blocks = (): Block[] =>
      [...this.#blocked].map((person) => ({ person, reason: "-", by: "eve", since: 0, until: null }));
    const agents = () => this.#fleet.map((id) => this.#seen.agent(id).expected);
    const { bus, supervisor, events } = this.#seen.ports;
    const history = async () => ({ tried: 0, helped: 0, medianSeconds: null });
    const { requests } = this.#rows;
    const known = (id: string): Person | null => ((this.#people.get(id) ?? null) === null ? null : this.#person(id));
    const ports = {
      clock: this.#rows.clock,
      registry: { expected: this.#mix(async () => ({ agents: agents(), topics: [] })) },
      ...{ bus, supervisor, events },
      rules: { current: () => ({ ...NO_RULES, version: this.#version, blocks: blocks() }) },
      audit: { append: async () => 1 },
      operations: { find: this.#rows.operations.find, list: async () => [], history },
      directory: {
        ...{ source: "access.yaml", bySlack: () => null, byMail: () => null, byToken: () => null, byId: known },
        withRole: (role: Role) => PEOPLE.map(this.#person).filter((one) => hasRole(one, role)),
        trust: () => ({ asOf: this.#rows.clock.now(), held: null }),
        confirm: this.#mix(async (id: string, role: Role) => hasRole({ role: this.#people.get(id) ?? null }, role)),
      },
      plans: { find: this.#mix(this.#rows.plans.find), offer: this.#mix(this.#rows.plans.offer) },
      requests: {
        ...{ find: this.#mix(requests.find), findByKey: this.#mix(requests.findByKey), list: requests.list },
        ...{ ask: this.#mix(requests.ask), settle: this.#mix(requests.settle), expire: requests.expire },
      },
    };
    return ports as unknown as Ports;
  }
}

/** Asks, and confirms the plan if one comes back. */
async function runThrough(request: CommandRequest, engine: Engine): Promise<CommandAnswer> {
  const answer = await runCommand(request, engine);
  if (answer.kind !== "plan" || answer.confirm === null) return answer;
  return await runCommand({ ...request, confirm: answer.confirm.token }, engine);
}

/** What the row itself must say of an operation that two people stand for. */
function faultsOf(
  request: ApprovalRequest,
  { operation, approval }: { operation: Operation; approval: Approval },
): string[] {
  const same = (one: readonly string[], other: readonly string[]): boolean =>
    JSON.stringify(one.toSorted()) === JSON.stringify(other.toSorted());
  const targets = operation.targets.map(({ agent }) => agent);
  return [
    ...(request.state === "approved" && request.operationId === operation.id ? [] : ["it is not what was approved"]),
    ...(request.decidedBy?.id === approval.by ? [] : ["somebody else approved it"]),
    ...(approval.by === request.actor.id ? ["who asked approved it"] : []),
    ...(request.decidedDoor === "http" ? ["a token approved it"] : []),
    ...(request.actor.id === operation.actor.id ? [] : ["somebody else asked"]),
    ...(same(targets, request.targets) ? [] : ["it is about other agents"]),
    ...((request.decidedAt ?? Number.POSITIVE_INFINITY) < request.expiresAt ? [] : ["its time was over"]),
  ];
}
