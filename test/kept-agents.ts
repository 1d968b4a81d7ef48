import { EventEmitter } from "node:events";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { ProcessState, Supervisor } from "@rollcall/core/ports/supervisor.ts";
import type { Stage } from "./agent-stage.ts";

// Each agent counts the bytes of all sockets of its process, and here several share one.
EventEmitter.defaultMaxListeners = 50;

/** What a broken one says last. */
export const BROKEN = "cannot read key.pem";

type Options = Parameters<Stage["start"]>[1];

interface Kept {
  readonly options: Options;
  running: { readonly stop: (graceMs?: number) => Promise<void>; readonly pid: number } | null;
  startedAt: number | null;
  exit: ProcessState["exit"];
}

/** Keeps agents of a stage inside this process, which start in a few milliseconds; each order is obeyed once, by its id. */
export class KeptAgents implements Supervisor {
  readonly #stage: Stage;
  readonly #kept: ReadonlyMap<string, Kept>;
  readonly #answered = new Map<string, Promise<ProcessState>>();
  /** Those that end at once when they are started. */
  readonly broken = new Set<string>();
  #pids = 1000;
  #held: { readonly released: Promise<void>; readonly asked: () => void } | null = null;

  constructor(stage: Stage, agents: Readonly<Record<string, Options>>) {
    this.#stage = stage;
    const never = { running: null, startedAt: null, exit: null };
    this.#kept = new Map(Object.entries(agents).map(([id, options]) => [id, { options, ...never }]));
  }

  async list(): Promise<ProcessState[]> {
    return [...this.#kept.keys()].map((id) => this.#stateOf(id));
  }

  async inspect(agent: string): Promise<ProcessState> {
    return this.#stateOf(agent);
  }

  start(agent: string, commandId: string): Promise<ProcessState> {
    return this.#once(commandId, async () => {
      this.#held?.asked();
      await this.#held?.released;
      if (this.#find(agent).running === null) await this.#start(agent, commandId);
      return this.#stateOf(agent);
    });
  }

  kill(agent: string, { commandId, pid }: { commandId: string; pid: number }): Promise<ProcessState> {
    return this.#once(commandId, async () => {
      const { running } = this.#find(agent);
      if (running?.pid === pid) await running.stop(0);
      return this.#stateOf(agent);
    });
  }

  /** Nobody is started until `release`. @returns `asked` resolves when the first one is to be */
  hold(): { readonly asked: Promise<void>; release(): void } {
    const asked = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    this.#held = { released: released.promise, asked: asked.resolve };
    return {
      asked: asked.promise,
      release: () => {
        this.#held = null;
        released.resolve();
      },
    };
  }

  async #start(agent: string, commandId: string): Promise<void> {
    const kept = this.#find(agent);
    this.#pids += 1;
    kept.startedAt = Date.now();
    if (this.broken.has(agent)) {
      kept.exit = { code: 1, signal: null, at: kept.startedAt };
      return;
    }
    const started = await this.#stage.start(agent, kept.options, { startedBy: commandId });
    kept.running = { stop: (graceMs) => started.stop(graceMs), pid: this.#pids };
    void started.ended.then((code) => {
      kept.running = null;
      kept.exit = { code, signal: null, at: Date.now() };
    });
  }

  #once(commandId: string, effect: () => Promise<ProcessState>): Promise<ProcessState> {
    const answer = this.#answered.get(commandId) ?? effect();
    this.#answered.set(commandId, answer);
    return answer;
  }

  #find(agent: string): Kept {
    const kept = this.#kept.get(agent);
    if (kept === undefined) throw new Failure("unknown_agent", `no agent ${agent} here`);
    return kept;
  }

  #stateOf(agent: string): ProcessState {
    const { running, startedAt, exit } = this.#find(agent);
    const state = running !== null ? "running" : exit === null ? "never-started" : "exited";
    return {
      agent,
      state,
      pid: running?.pid ?? null,
      startedAt,
      exit,
      lastErrors: this.broken.has(agent) ? [BROKEN] : [],
    };
  }
}
