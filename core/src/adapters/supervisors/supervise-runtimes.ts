import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../domain/failure.ts";
import { oneAtATime } from "../../in-turn.ts";
import type { FleetRegistry } from "../../ports/fleet.ts";
import type { Copies, Runtime } from "../../ports/runtime.ts";
import type { RuntimeEffects } from "../../ports/runtime-effects.ts";
import type { ProcessState, Supervisor } from "../../ports/supervisor.ts";
import { inSpanOfTrace } from "../../protocol/span.ts";
import type { ExpectedAgent } from "../../protocol.ts";

/** What fleet.yaml may say that keeps an agent. */
export type RuntimeKind = ExpectedAgent["runtime"]["kind"];

/** What the supervisor of several runtimes is made of. */
export interface RuntimesInUse {
  readonly registry: Pick<FleetRegistry, "expected">;
  /** Keeps the agents of kind `process`. */
  readonly builtIn: Supervisor;
  /** One for each other kind that is in use. */
  readonly runtimes: Readonly<Partial<Record<RuntimeKind, Runtime>>>;
  readonly effects: RuntimeEffects;
}

/**
 * One supervisor for a fleet on several runtimes: each agent by what fleet.yaml says of its runtime. An id is stored before its
 * effect, with the process that it met, so that a repeat after a crash sees whether the effect has been.
 */
export const superviseRuntimes = (inUse: RuntimesInUse): Supervisor => new Runtimes(inUse);

interface Work {
  readonly agent: ExpectedAgent;
  readonly verb: "start" | "kill";
  readonly commandId: string;
  run(now: ProcessState): Promise<void>;
}

const NEVER_STARTED = { state: "never-started", pid: null, startedAt: null, exit: null, lastErrors: [] } as const;
// A runtime that has ended a process by force says so within this time.
const SETTLE_MS = 5000;
const POLL_MS = 250;

class Runtimes implements Supervisor {
  readonly #inUse: RuntimesInUse;
  readonly #inTurn = oneAtATime();

  constructor(inUse: RuntimesInUse) {
    this.#inUse = inUse;
  }

  async list(): Promise<ProcessState[]> {
    const { registry, builtIn } = this.#inUse;
    const { agents } = await registry.expected();
    const others = agents.filter((agent) => !isBuiltIn(agent));
    const ours = others.length < agents.length ? builtIn.list() : [];
    const lists = await Promise.all([ours, Promise.all(others.map((agent) => this.#look(agent)))]);
    return lists.flat();
  }

  async inspect(id: string): Promise<ProcessState> {
    const agent = await this.#find(id);
    if (isBuiltIn(agent)) return this.#inUse.builtIn.inspect(id);
    return traced("inspect process", id, () => this.#look(agent));
  }

  async start(id: string, commandId: string): Promise<ProcessState> {
    const agent = await this.#find(id);
    if (isBuiltIn(agent)) return this.#inUse.builtIn.start(id, commandId);
    const run = async ({ state }: ProcessState): Promise<void> => {
      if (state !== "running") await this.#runtimeOf(agent).start(agent.runtime.name);
    };
    return this.#once({ agent, verb: "start", commandId, run });
  }

  async kill(id: string, wish: Parameters<Supervisor["kill"]>[1]): Promise<ProcessState> {
    const agent = await this.#find(id);
    if (isBuiltIn(agent)) return this.#inUse.builtIn.kill(id, wish);
    const { commandId, pid: wanted, graceMs = 0 } = wish;
    const run = async ({ state, pid }: ProcessState): Promise<void> => {
      if (state === "running" && pid === wanted) await this.#end(agent, wanted, graceMs);
    };
    return this.#once({ agent, verb: "kill", commandId, run });
  }

  async scale(id: string, { copies }: { copies: number }): Promise<void> {
    const { runtime, name } = await this.#scalable(id);
    await traced("scale process", id, () => runtime.scale(name, copies));
  }

  async copies(id: string): Promise<Copies | null> {
    const { runtime, name } = await this.#scalable(id);
    return traced("count processes", id, () => runtime.copies(name));
  }

  async output(id: string, lines: number): Promise<string[]> {
    const agent = await this.#find(id);
    const { builtIn } = this.#inUse;
    if (isBuiltIn(agent) && builtIn.output !== undefined) return await builtIn.output(id, lines);
    throw new Failure("invalid_input", `${id} runs under ${agent.runtime.kind}, whose output is not read by itself`);
  }

  async #scalable(id: string): Promise<{ runtime: Scalable; name: string }> {
    const agent = await this.#find(id);
    const runtime = isBuiltIn(agent) ? null : this.#runtimeOf(agent);
    if (runtime !== null && isScalable(runtime)) return { runtime, name: agent.runtime.name };
    const who = runtime === null ? "the built-in supervisor" : runtime.label;
    throw new Failure("invalid_input", `${who} runs ${id} once and cannot scale it`, { next: "Nothing was done." });
  }

  async #find(id: string): Promise<ExpectedAgent> {
    const { agents } = await this.#inUse.registry.expected();
    const found = agents.find((agent) => agent.id === id);
    if (found === undefined) throw new Failure("unknown_agent", `No agent ${id} is expected`, { found: id });
    return found;
  }

  #runtimeOf({ id, runtime: { kind } }: ExpectedAgent): Runtime {
    const runtime = this.#inUse.runtimes[kind];
    if (runtime !== undefined) return runtime;
    throw new Failure("unavailable", `${id} runs under ${kind}, which is not set here`, {
      next: `ROLLCALL_RUNTIMES names the runtimes that are in use: add ${kind}.`,
    });
  }

  async #look(agent: ExpectedAgent): Promise<ProcessState> {
    const state = await this.#runtimeOf(agent).inspect(agent.runtime.name);
    return { agent: agent.id, ...(state ?? NEVER_STARTED) };
  }

  #once(work: Work): Promise<ProcessState> {
    const { id } = work.agent;
    return traced(`${work.verb} process`, id, () => this.#inTurn(id, () => this.#haveEffect(work)));
  }

  /** Stores the intent, has the effect unless it has been, and stores what became of it. */
  async #haveEffect({ agent, verb, commandId, run }: Work): Promise<ProcessState> {
    const { effects } = this.#inUse;
    const effect = `${verb} ${agent.id}`;
    const earlier = await effects.find(commandId);
    if (earlier !== null && earlier.effect !== effect) {
      throw new Failure("invalid_input", `Command id ${commandId} was used for "${earlier.effect}"`, { found: effect });
    }
    if (earlier?.answer) return earlier.answer;
    const now = await this.#look(agent);
    if (earlier === null) await effects.begin(commandId, effect, { pid: now.pid, startedAt: now.startedAt });
    // Begun before a crash: another process than the one that was met then is its effect.
    const hasBeen = verb === "start" && earlier !== null && now.startedAt !== earlier.before.startedAt;
    if (!hasBeen) await run(now);
    const answer = await this.#look(agent);
    await effects.finish(commandId, answer);
    return answer;
  }

  async #end(agent: ExpectedAgent, pid: number, graceMs: number): Promise<void> {
    await this.#runtimeOf(agent).stop(agent.runtime.name, graceMs);
    const deadline = performance.now() + graceMs + SETTLE_MS;
    for (;;) {
      const now = await this.#look(agent);
      if (now.state !== "running" || now.pid !== pid || performance.now() > deadline) return;
      await sleep(POLL_MS);
    }
  }
}

type Scalable = Runtime & Required<Pick<Runtime, "scale" | "copies">>;
const isScalable = (runtime: Runtime): runtime is Scalable =>
  runtime.scale !== undefined && runtime.copies !== undefined;

const isBuiltIn = ({ runtime }: ExpectedAgent): boolean => runtime.kind === "process";

const traced = <Result>(does: string, agent: string, work: () => Promise<Result>): Promise<Result> =>
  inSpanOfTrace(does, { kind: "client", attributes: { "rollcall.agent.name": agent } }, work);
