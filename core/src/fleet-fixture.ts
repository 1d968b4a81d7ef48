import type { ActContext, CommandDefinition, Ports, ReadContext } from "./command.ts";
import type { Actor } from "./domain/actor.ts";
import { Failure } from "./domain/failure.ts";
import type { Incident } from "./domain/incident.ts";
import type { Operation } from "./domain/operation.ts";
import type { MappedBeat } from "./domain/verdict.ts";
import { quietEvents } from "./events-fixture.ts";
import {
  beatOf,
  type FakeAgent,
  firingIncident,
  ledgerWord,
  OPERATOR,
  operationOf,
  QUIET_AUDIT,
  workingAgent,
} from "./fake-agent-fixture.ts";
import { fakePager } from "./fake-pager-fixture.ts";
import { memoryOverrides } from "./memory-overrides-fixture.ts";
import { memoryPlans } from "./memory-plans-fixture.ts";
import { memoryRequests } from "./memory-requests-fixture.ts";
import { NO_RULES } from "./policy-rules.ts";
import type { FleetBus } from "./ports/fleet.ts";
import type { ProcessState } from "./ports/supervisor.ts";
import { type ControlMessage, type ControlReply, PROTOCOL_VERSION } from "./protocol.ts";

interface Said {
  readonly outcome: ControlReply["outcome"];
  readonly detail?: string | null;
}

/** A fleet in memory with every port a command uses. `effects` is what was done to it, in order. */
export class FakeFleet {
  readonly agents = new Map<string, FakeAgent>();
  readonly effects: string[] = [];
  readonly incidents: Incident[] = [];
  readonly away = new Set<"redis" | "supervisor" | "postgres" | "pager">();
  readonly running: Operation[] = [];
  /** Mapped heartbeats of foreign agents. */
  readonly mapped = new Map<string, MappedBeat | null>();
  now = 1_800_000_000_000;
  readonly plans = memoryPlans({ now: () => this.now });
  readonly #applied = new Map<string, unknown>();
  readonly #replies = new Map<string, ControlReply[]>();

  constructor(...ids: string[]) {
    for (const id of ids) this.agents.set(id, workingAgent(id));
  }

  agent(id: string): FakeAgent {
    const found = this.agents.get(id);
    if (found === undefined) throw new Failure("unknown_agent", `no agent ${id}`);
    return found;
  }

  /** Its process has ended, and its heartbeat is as old. */
  kill(id: string, code = 137, agoMs = 60_000): void {
    const exit = { code, signal: null, at: this.now - agoMs };
    Object.assign(this.agent(id), { state: "exited", exit, beatAgeMs: agoMs });
  }

  readonly ports: Ports = {
    clock: { now: () => this.now },
    registry: {
      expected: async () => ({
        ...{ v: PROTOCOL_VERSION, fleet: "fake", version: 1, at: this.now, topics: ["stock.reserved"] },
        agents: [...this.agents.values()].map(({ expected }) => expected),
      }),
      setDesired: async (ids, desired) => {
        this.#unlessAway("postgres", "PostgreSQL");
        for (const id of ids) this.agent(id).expected = { ...this.agent(id).expected, desired };
        this.effects.push(`desired ${ids.join()} ${desired.state}`);
      },
    },
    bus: this.#bus(),
    events: quietEvents(() => this.now),
    supervisor: {
      list: async () => {
        this.#unlessAway("supervisor", "the supervisor");
        return [...this.agents.keys()].map((id) => this.#process(id));
      },
      inspect: async (id) => {
        this.#unlessAway("supervisor", "the supervisor");
        return this.#process(id);
      },
      start: async (id, commandId) => this.#once(commandId, id, () => this.#start(id)),
      kill: async (id, { commandId, pid }) =>
        this.#once(commandId, id, () => this.agent(id).pid === pid && this.#end(id, null)),
    },
    incidents: {
      ...{ record: () => Promise.reject(new Error("not in this fake")), ended: async () => [] },
      find: async (id) => this.incidents.find((incident) => incident.id === id) ?? null,
      open: async (id) => {
        this.#unlessAway("postgres", "PostgreSQL");
        const open = this.incidents.filter(({ state }) => state === "firing");
        return open.filter(
          ({ alerts }) => id === undefined || alerts.some(({ agent, firing }) => firing && agent === id),
        );
      },
      acknowledge: async (id, by, how) => {
        this.effects.push(`acknowledge ${id} ${how ?? "plainly"} ${by.id}`);
        return true;
      },
      giveBack: async (id) => this.effects.push(`give back ${id}`) > 0,
    },
    pager: fakePager(this.effects, () => this.#unlessAway("pager", "PagerDuty")),
    operations: {
      find: async () => null,
      list: async () => {
        this.#unlessAway("postgres", "PostgreSQL");
        return this.running;
      },
      history: async () => ({ tried: 0, helped: 0, medianSeconds: null }),
    },
    audit: QUIET_AUDIT,
    rules: { current: () => NO_RULES },
    ...{ plans: this.plans, requests: memoryRequests({ now: () => this.now }, undefined, this.plans) },
    overrides: memoryOverrides({ now: () => this.now }),
    directory: {
      source: "access.yaml",
      byId: (id) =>
        id === OPERATOR.id
          ? { id, name: OPERATOR.name, mails: ["operator@example.test"], slack: [], role: "operator" }
          : null,
      bySlack: () => null,
      byToken: () => null,
      byMail: () => null,
      withRole: () => [],
      trust: () => ({ asOf: this.now, held: null }),
      confirm: async () => true,
    },
  };

  reading(actor: Actor = OPERATOR, commands: readonly CommandDefinition[] = []): ReadContext {
    return { ports: this.ports, actor, door: "slack", commands };
  }

  acting(change: Partial<Operation> = {}): ActContext {
    return { ports: this.ports, operation: { ...operationOf(this.now), ...change }, commands: [] };
  }

  /** An incident in which the agents fire. */
  fire(id: string, ...agents: string[]): Incident {
    const incident = firingIncident(id, agents, this.now);
    this.incidents.push(incident);
    return incident;
  }

  resolve(id: string): void {
    const at = this.incidents.findIndex((incident) => incident.id === id);
    const incident = this.incidents[at] as Incident;
    const alerts = incident.alerts.map((alert) => ({ ...alert, firing: false, endedAt: this.now }));
    this.incidents[at] = { ...incident, alerts, state: "resolved", resolvedAt: this.now };
  }

  #bus(): FleetBus {
    const unlessAway = (): void => this.#unlessAway("redis", "Redis");
    return {
      now: async () => {
        unlessAway();
        return this.now;
      },
      readFleet: async () => null,
      publishFleet: async () => undefined,
      readPresence: async (ids) => {
        unlessAway();
        return new Map(ids.map((id) => [id, { beat: this.#beatOf(id), forged: false }]));
      },
      readMapped: async () => {
        unlessAway();
        return new Map(this.mapped);
      },
      markProcesses: async () => undefined,
      readCanaryRound: async () => this.now - 1000,
      trimInboxes: async () => 0,
      markCanaryRound: async () => undefined,
      markPlannedWork: async () => undefined,
      broadcast: async () => undefined,
      send: async (messages) => {
        unlessAway();
        for (const { agent, message } of messages) this.#deliver(this.agent(agent), message);
      },
      collectReplies: async ({ replyTo, expected, timeoutMs, onReply }) => {
        const replies = this.#replies.get(replyTo) ?? [];
        if (replies.length < expected) await new Promise((resolve) => setTimeout(resolve, Math.min(timeoutMs, 20)));
        for (const reply of replies) onReply?.(reply);
        return replies;
      },
      readWaiting: async () => {
        unlessAway();
        return [{ topic: "stock.reserved", group: "billing", lag: 64, pending: 1 }];
      },
    };
  }

  #deliver(agent: FakeAgent, message: ControlMessage): void {
    if (agent.state !== "running" || !agent.answersEcho) return;
    const known = ledgerWord(agent, message, this.now);
    const isOther = message.epoch !== null && message.epoch !== agent.epoch;
    if (known !== null) this.#reply(agent, message, known);
    else if (!isOther && (message.kind !== "canary" || agent.takesCanary)) this.#obey(agent, message);
  }

  #obey(agent: FakeAgent, message: ControlMessage): void {
    const { kind } = message;
    if (kind === "drill") this.effects.push(`drill ${message.args.fault} ${agent.expected.id}`);
    if (kind === "stop") this.#orderStop(agent, message);
    else if (kind === "drain") this.#drain(agent, message);
    else if (["echo", "canary", "drill"].includes(kind)) this.#reply(agent, message, { outcome: "done" });
    else this.#reply(agent, message, this.#obeyOrder(agent, message));
  }

  /** Each id once, as an agent's ledger has it. */
  #obeyOrder(agent: FakeAgent, { id, kind, args }: ControlMessage): Said {
    if (this.#applied.has(id)) return { outcome: "repeated" };
    const other = kind === "run" || kind === "health" ? agent.answers[kind] : undefined;
    if (other !== undefined) return other;
    this.#applied.set(id, true);
    if (kind === "pause" || kind === "resume") {
      agent.beat = { ...agent.beat, activity: kind === "pause" ? "paused" : "idle" };
    }
    if (kind === "health") return { outcome: "done", detail: "its folder is writable" };
    this.effects.push([kind, agent.expected.id, ...Object.values(args).map((arg) => JSON.stringify(arg))].join(" "));
    return { outcome: "done" };
  }

  #drain(agent: FakeAgent, message: ControlMessage): void {
    if (this.#applied.has(message.id)) return;
    this.#applied.set(message.id, true);
    this.effects.push(`drain ${agent.expected.id}`);
    agent.beat = { ...agent.beat, activity: "stopping", held: agent.drains[0] ?? 0 };
  }

  /** What a look at the bus finds of an agent; one that drains has fewer items in hand each time. */
  #beatOf(id: string) {
    const agent = this.agent(id);
    const found = beatOf(agent, this.now);
    if (agent.beat.activity !== "stopping" || agent.state !== "running") return found;
    const [held, ...fewer] = agent.drains;
    if (held === undefined) this.#end(id, 0);
    else if (fewer.length > 0 || held === 0) agent.drains = fewer;
    agent.beat = { ...agent.beat, held: agent.drains[0] ?? 0 };
    return found;
  }

  #orderStop(agent: FakeAgent, message: ControlMessage): void {
    this.effects.push(`stop ${agent.expected.id}`);
    if (agent.stops === "not") return;
    this.#reply(agent, message, { outcome: agent.stops === "at once" ? "done" : "failed" });
    if (agent.stops === "at once") this.#end(agent.expected.id, 0);
  }

  #reply(agent: FakeAgent, message: ControlMessage, { outcome, detail = null }: Said): void {
    if (message.replyTo === null) return;
    const reply: ControlReply = {
      ...{ v: PROTOCOL_VERSION, id: message.id, agent: agent.expected.id, epoch: agent.epoch, at: this.now, outcome },
      ...{ detail, nonce: message.args.nonce ?? null, waitedMs: null, tookMs: null },
    };
    this.#replies.set(message.replyTo, [...(this.#replies.get(message.replyTo) ?? []), reply]);
  }

  #once(commandId: string, id: string, effect: () => void): ProcessState {
    this.#unlessAway("supervisor", "the supervisor");
    if (!this.#applied.has(commandId)) {
      effect();
      this.effects.push(commandId);
      this.#applied.set(commandId, this.#process(id));
    }
    return this.#applied.get(commandId) as ProcessState;
  }

  #start(id: string): void {
    const agent = this.agent(id);
    if (agent.state === "running") return;
    const fate = agent.fates.shift() ?? "works";
    agent.pid += 1;
    if (fate === "exits") this.#end(id, 1);
    else Object.assign(agent, { state: "running", exit: null });
    if (fate === "exits" || fate === "never beats") return;
    Object.assign(agent, { epoch: agent.epoch + 1, beatAgeMs: 0, beat: {} });
    Object.assign(agent, { answersEcho: fate !== "deaf", takesCanary: fate === "works" });
  }

  #end(id: string, code: number | null): void {
    const exit = { code, signal: code === null ? "SIGKILL" : null, at: this.now };
    Object.assign(this.agent(id), { state: "exited", exit });
  }

  #process(id: string): ProcessState {
    const { state, pid, startedAt = this.now, exit, lastErrors } = this.agent(id);
    return { agent: id, state, pid: state === "running" ? pid : null, startedAt, exit, lastErrors };
  }

  #unlessAway(what: "redis" | "supervisor" | "postgres" | "pager", name: string): void {
    if (this.away.has(what)) throw new Failure("unavailable", `${name} does not answer`);
  }
}
