import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAccessFile } from "@rollcall/core/adapters/access-file.ts";
import { createAccessOverrides } from "@rollcall/core/adapters/postgres/access-overrides.ts";
import { createApprovalRequests } from "@rollcall/core/adapters/postgres/approval-requests.ts";
import { createAuditLog } from "@rollcall/core/adapters/postgres/audit-log.ts";
import { createCommandStore } from "@rollcall/core/adapters/postgres/command-store.ts";
import { createDesiredStates } from "@rollcall/core/adapters/postgres/desired-states.ts";
import { createFreezes } from "@rollcall/core/adapters/postgres/freezes.ts";
import { createIncidents } from "@rollcall/core/adapters/postgres/incidents.ts";
import { createLease } from "@rollcall/core/adapters/postgres/lease.ts";
import { createMaintenance } from "@rollcall/core/adapters/postgres/maintenance.ts";
import { createOperations } from "@rollcall/core/adapters/postgres/operations.ts";
import { createPlans } from "@rollcall/core/adapters/postgres/plans.ts";
import { createRollCalls } from "@rollcall/core/adapters/postgres/roll-calls.ts";
import { createRuns } from "@rollcall/core/adapters/postgres/runs.ts";
import { startWorker } from "@rollcall/core/adapters/postgres/worker.ts";
import { openEventBus } from "@rollcall/core/adapters/redis/event-bus.ts";
import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import type { Ports } from "@rollcall/core/command.ts";
import { isEnded, type Operation } from "@rollcall/core/domain/operation.ts";
import { executeOperation } from "@rollcall/core/execute-operation.ts";
import { loadCommands } from "@rollcall/core/load-commands.ts";
import { personActor } from "@rollcall/core/person-actor.ts";
import { rightsOf } from "@rollcall/core/policy.ts";
import { NO_RULES } from "@rollcall/core/policy-rules.ts";
import { systemClock } from "@rollcall/core/ports/clock.ts";
import type { Person } from "@rollcall/core/ports/directory.ts";
import { openFleetRegistry } from "@rollcall/core/registry.ts";
import { type CommandAnswer, type Engine, runCommand } from "@rollcall/core/run-command.ts";
import { createStage, FLEET_KEY, type Stage, until } from "./agent-stage.ts";
import { KeptAgents } from "./kept-agents.ts";
import { openTestStore, type TestStore } from "./store-fixture.ts";

const NOTHING = { consumes: [], publishes: [] };
const PEOPLE = [
  { id: "olga", name: "Olga", role: "operator" },
  { id: "adam", name: "Adam", role: "admin" },
];
const UNUSED = async (): Promise<never> => {
  throw new Error("nothing fires here");
};

/** One agent as fleet.yaml lists it, and what it can do. */
export interface Listed {
  readonly id: string;
  readonly group: string;
  readonly criticality: "P0" | "P1" | "P2" | "P3";
  readonly parent?: string;
  readonly runs?: NonNullable<Parameters<Stage["start"]>[1]["runs"]>;
}

/** What is true of one agent at a moment. */
export interface Facts {
  readonly runs: boolean;
  /** Of its last heartbeat. */
  readonly epoch: number | null;
  readonly isPaused: boolean;
  readonly desired: "running" | "paused" | "stopped";
}

interface Parts {
  readonly ids: readonly string[];
  readonly stage: Stage;
  readonly store: TestStore;
  readonly kept: KeptAgents;
  readonly ports: Ports;
  readonly engine: Engine;
  readonly close: () => Promise<void>;
}

/** The command path on a real PostgreSQL and Redis: an operator who asks, an admin who agrees, a worker, agents that obey. */
export class VerbStage {
  readonly ports: Ports;
  readonly kept: KeptAgents;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.ports = parts.ports;
    this.kept = parts.kept;
  }

  /** What comes back at once. */
  ask(command: string, { input = {}, confirm = null, who = "olga" }: Asked): Promise<CommandAnswer> {
    const actor = personActor(this.ports.directory.byId(who) as Person, rightsOf(this.ports));
    const key = randomUUID();
    const wish = { command, input, confirm, actor, door: "slack", reason: "a test", incidentId: null } as const;
    return runCommand({ ...wish, requestId: key, idempotencyKey: key }, this.#parts.engine);
  }

  /** Through its plan and its second person, where it needs them. */
  async accept(command: string, input: object): Promise<Accepted> {
    const first = await this.ask(command, { input });
    const answer = first.kind === "plan" ? await this.ask(command, { confirm: first.confirm?.token ?? "" }) : first;
    if (answer.kind === "act") return { operation: answer.operation, hadSecondPerson: false };
    if (answer.kind !== "request") throw new Error(`${command} came to a ${answer.kind}`);
    const { id } = answer.request;
    const agreed = await this.ask("approve", { input: { request: id }, who: "adam" });
    if (agreed.kind !== "act") throw new Error(`approve came to a ${agreed.kind}`);
    await this.ended(agreed.operation.id);
    const request = await this.ports.requests.find(id);
    const operation = await this.ports.operations.find(request?.operationId ?? "");
    if (operation === null) throw new Error(`${id} became nothing: ${request?.state}`);
    return { operation, hadSecondPerson: true };
  }

  ended(id: string): Promise<Operation> {
    return this.untilIt(id, "has ended", isEnded);
  }

  untilIt(id: string, what: string, fits: (operation: Operation) => boolean): Promise<Operation> {
    const look = async (): Promise<Operation | null> => {
      const operation = await this.ports.operations.find(id);
      return operation !== null && fits(operation) ? operation : null;
    };
    return until(`${id} ${what}`, look, 240);
  }

  /** Accepts it and waits for its end. */
  async run(command: string, input: object): Promise<Operation> {
    return await this.ended((await this.accept(command, input)).operation.id);
  }

  async facts(): Promise<ReadonlyMap<string, Facts>> {
    const { ids } = this.#parts;
    const [{ agents }, presence] = await Promise.all([
      this.ports.registry.expected(),
      this.ports.bus.readPresence([...ids]),
    ]);
    const entries = agents.map(async ({ id, desired }): Promise<[string, Facts]> => {
      const beat = presence.get(id)?.beat ?? null;
      const runs = (await this.kept.inspect(id)).state === "running";
      return [id, { runs, epoch: beat?.epoch ?? null, isPaused: beat?.activity === "paused", desired: desired.state }];
    });
    return new Map(await Promise.all(entries));
  }

  /** Everybody works, as a new process if need be, and nothing holds them. */
  async putRight(): Promise<void> {
    const { ids, store } = this.#parts;
    for (const table of ["freezes", "maintenance_windows"])
      await store.pool.query(`update ${table} set ended_at = now(), ended_by = 'a test' where ended_at is null`);
    // What is in maintenance is known from the last look.
    await this.ports.maintenance?.open();
    await this.ports.registry.setDesired([...ids], { state: "running", by: "a test", since: Date.now(), reason: null });
    await Promise.all(ids.map((id) => putRight(id, this.#parts)));
  }

  close(): Promise<void> {
    return this.#parts.close();
  }
}

interface Asked {
  readonly input?: object;
  readonly confirm?: string | null;
  readonly who?: "olga" | "adam";
}

/** An accepted wish. */
export interface Accepted {
  readonly operation: Operation;
  readonly hadSecondPerson: boolean;
}

export async function openVerbStage(redisUrl: string, listed: readonly Listed[]): Promise<VerbStage> {
  const ids = listed.map(({ id }) => id);
  const [stage, store, folder, commands] = await Promise.all([
    createStage(redisUrl, Object.fromEntries(ids.map((id) => [id, NOTHING]))),
    openTestStore(),
    mkdtemp(join(tmpdir(), "rollcall-verbs-")),
    loadCommands(),
  ]);
  const optionsOf = ({ runs }: Listed) => ({ ...NOTHING, health: () => "fine", ...(runs !== undefined && { runs }) });
  const kept = new KeptAgents(stage, Object.fromEntries(listed.map((one) => [one.id, optionsOf(one)])));
  await writeFiles(folder, stage.fleet, listed);
  const { ports, closePorts } = await openPorts({ stage, store, folder, redisUrl, kept });
  const engine = { commands, ports, store: createCommandStore(store.pool) };
  const stopWork = await startWork(store, engine);
  const close = async (): Promise<void> => {
    await stopWork();
    await closePorts();
    await stage.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  };
  return new VerbStage({ ids, stage, store, kept, ports, engine, close });
}

async function startWork({ pool }: TestStore, { ports, commands }: Engine): Promise<() => Promise<void>> {
  const lease = createLease({ pool, instance: "verbs", seconds: 10 });
  await lease.start();
  const onBug = (error: unknown): never => {
    throw error;
  };
  const worker = startWorker({
    ...{ pool, lease },
    execute: (id, run) => executeOperation(id, { ports, commands, ...run, onBug }),
  });
  return async () => {
    await worker.stop();
    await lease.close();
  };
}

async function putRight(id: string, { stage, kept }: Pick<Parts, "stage" | "kept">): Promise<void> {
  const { state, pid } = await kept.inspect(id);
  const beat = await stage.beat(id);
  if (state === "running" && beat !== null && beat.activity !== "paused") return;
  if (pid !== null) await kept.kill(id, { commandId: randomUUID(), pid });
  await kept.start(id, randomUUID());
  await stage.beatThat(id, "of the new process", ({ epoch }) => epoch > (beat?.epoch ?? 0));
}

/** JSON is YAML. */
async function writeFiles(folder: string, fleet: string, listed: readonly Listed[]): Promise<void> {
  const agents = listed.map(({ id, group, criticality, parent = null }) => ({
    ...{ id, group, criticality, parent, does: "obeys", consequence: "nobody notices", normalSeconds: 5 },
  }));
  await writeFile(join(folder, "fleet.yaml"), JSON.stringify({ fleet, agents }));
  await writeFile(join(folder, "access.yaml"), JSON.stringify({ people: PEOPLE }));
}

interface Place {
  readonly stage: Stage;
  readonly store: TestStore;
  readonly folder: string;
  readonly redisUrl: string;
  readonly kept: KeptAgents;
}

async function openPorts({ stage, store, folder, redisUrl, kept }: Place) {
  const { pool } = store;
  const onProblem = (problem: unknown): void => {
    throw problem;
  };
  const address = { url: redisUrl, fleet: stage.fleet, fleetKey: FLEET_KEY };
  const bus = openFleetBus(address);
  const events = openEventBus(address);
  const clock = systemClock;
  const desired = createDesiredStates(pool);
  const registry = await openFleetRegistry({ file: join(folder, "fleet.yaml"), desired, bus, clock, onProblem });
  const directory = await openAccessFile({ file: join(folder, "access.yaml"), clock, onProblem });
  await registry.refresh();
  const ports: Ports = {
    ...{ bus, events, registry, directory, clock, supervisor: kept },
    pager: { acknowledge: UNUSED, ringAgain: UNUSED, resolve: UNUSED },
    ...{ rules: { current: () => NO_RULES }, overrides: createAccessOverrides(pool), audit: createAuditLog(pool) },
    ...{ operations: createOperations(pool), incidents: createIncidents(pool), requests: createApprovalRequests(pool) },
    ...{ plans: createPlans(pool), runs: createRuns(pool), rollCalls: createRollCalls(pool) },
    ...{ freezes: createFreezes(pool), maintenance: createMaintenance(pool) },
  };
  return {
    ports,
    async closePorts() {
      await registry.close();
      directory.close();
      bus.close();
      events.close();
    },
  };
}
