import { join } from "node:path";
import { type Keys, keysOf } from "@rollcall/core/protocol/keys.ts";
import { createServerClock } from "@rollcall/core/protocol/server-clock.ts";
import { flushSpans } from "@rollcall/core/protocol/span.ts";
import type { Envelope } from "@rollcall/core/protocol.ts";
import type { BusClock } from "./clock.ts";
import { type Connections, createConnections } from "./connection.ts";
import { createDrills } from "./drills.ts";
import { claimEpoch, createFence, type Fence } from "./epoch.ts";
import { findHandler, type WorkContext } from "./handler.ts";
import { createIntake } from "./intake.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { listen } from "./listen.ts";
import { createLog, type Log, messageOf } from "./log.ts";
import { createFigures, type Figures } from "./metrics/figures.ts";
import { createTaskMeters } from "./metrics/latency.ts";
import type { Agent, AgentOptions } from "./options.ts";
import { createOrders, declaredRuns } from "./orders.ts";
import { runPeriodically } from "./periodic.ts";
import { pause, persist } from "./persist.ts";
import { createPresence, type Presence } from "./presence.ts";
import { createPublisher } from "./publish.ts";
import { createReplier } from "./replies.ts";
import { reportFenced } from "./report-fenced.ts";
import { createRunReporter, type RunReporter } from "./runs.ts";
import { isWantedPaused } from "./standing.ts";
import { createSubscriber } from "./subscriber.ts";
import { followTopics } from "./subscriptions.ts";
import { createWorkQueue, type WorkQueue } from "./work-queue.ts";

/** A fenced process ends with its own code, so that a supervisor can tell it from a crash. */
export const EXIT_FENCED = 3;
const STAGES = { open: null, paused: "paused", draining: "stopping" } as const;
// The fence is asked at every beat; a process that was frozen for longer than this asks before it works again.
const FENCE_MAX_AGE_MS = 12_000;

/**
 * Starts an agent: takes its epoch, beats, listens to its inbox and works. Waits for Redis as long as it takes.
 * @throws Error if a declared topic has no handler, or the ledger cannot be opened
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { config } = options;
  const missing = options.consumes.find((topic) => !findHandler(options.handle ?? {}, topic));
  if (missing !== undefined)
    throw new Error(`${config.agent} declares that it consumes ${missing}, but nothing handles it`);
  const ledger = await openLedger(join(config.dir, "applied.jsonl"));
  const log = options.log ?? createLog(config.agent, config.logFormat);
  const ending = new AbortController();
  // Before the first connection, or its bytes are not counted.
  const figures = createFigures(ending.signal);
  const connections = createConnections(config, log);
  const keys = keysOf(config.fleet);
  const clock: BusClock = createServerClock();
  const epoch = await persist(() => claimEpoch(connections.control, keys.epoch(config.agent), clock), ending.signal);
  const fence = createFence(connections.control, keys.epoch(config.agent), epoch);
  const { control } = connections;
  const isPaused = await persist(() => isWantedPaused({ control, keys, agent: config.agent }), ending.signal);
  const parts = { options, log, keys, clock, epoch, fence, ledger, connections, figures, ending, isPaused };
  const agent = new RunningAgent(parts);
  await agent.start();
  return agent;
}

interface Parts {
  readonly options: AgentOptions;
  readonly log: Log;
  readonly keys: Keys;
  readonly clock: BusClock;
  readonly epoch: number;
  readonly fence: Fence;
  readonly ledger: Ledger;
  readonly connections: Connections;
  readonly figures: Figures;
  readonly ending: AbortController;
  readonly isPaused: boolean;
}

class RunningAgent implements Agent {
  readonly id: string;
  readonly epoch: number;
  readonly ended: Promise<number>;
  readonly #parts: Parts;
  readonly #queue: WorkQueue;
  readonly #meters = createTaskMeters();
  readonly #intake = createIntake((isHeld) => this.#queue.hold(isHeld));
  readonly #publisher: ReturnType<typeof createPublisher>;
  readonly #runs: RunReporter;
  readonly #subscriber: ReturnType<typeof createSubscriber>;
  #presence: Presence | null = null;
  #stage: "starting" | "stopping" | null = "starting";
  #stopping: Promise<boolean> | null = null;
  #isOver = false;
  #hasReported = false;
  #resolveEnded: (code: number) => void = () => undefined;

  constructor(parts: Parts) {
    const { config, publishes } = parts.options;
    this.#parts = parts;
    this.id = config.agent;
    this.epoch = parts.epoch;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#queue = createWorkQueue({ now: parts.clock.now, mayWork: () => this.#mayWork() });
    if (parts.isPaused) this.#intake.pause();
    const { control } = parts.connections;
    const { keys, clock } = parts;
    this.#publisher = createPublisher({ control, keys, agent: this.id, publishes, clock, signal: parts.ending.signal });
    const { signal } = parts.ending;
    this.#runs = createRunReporter({ control, keys, agent: this.id, key: config.key, clock, signal });
    this.#subscriber = createSubscriber({
      ...{ agent: this.id, handle: parts.options.handle ?? {}, connections: parts.connections, keys, clock, signal },
      ...{ log: parts.log, queue: this.#queue, intake: this.#intake, figures: parts.figures },
      meterOf: (topic) => this.#meters.of(topic),
      contextOf: (event) => this.#context(event),
    });
  }

  async start(): Promise<void> {
    const { options, ledger, epoch, clock, log, connections, keys, ending } = this.#parts;
    const { config } = options;
    if (config.startedBy !== null) {
      await ledger.write({ kind: "started", id: config.startedBy, epoch, at: clock.now() });
    }
    const { isPaused: paused } = this.#parts;
    log.info("started", { epoch, version: config.version, started_by: config.startedBy, ...(paused && { paused }) });
    this.#listen();
    const { control } = connections;
    const { signal } = ending;
    void followTopics({
      control,
      keys,
      consumes: options.consumes,
      knownTopics: options.knownTopics ?? [],
      signal,
      subscribe: this.#subscriber.subscribe,
    });
    for (const work of options.periodic ?? []) {
      const { opened } = this.#intake;
      const meter = this.#meters.of(work.name);
      void runPeriodically(work, { queue: this.#queue, meter, context: this.#context(), opened });
    }
    if (options.exit === undefined) this.#stopOnSignals();
    this.#stage = null;
  }

  #stopOnSignals(): void {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        this.#parts.log.info("told to end", { signal });
        void this.stop();
      });
    }
  }

  async stop(graceMs = 5000): Promise<void> {
    const finished = await this.#finishWork(graceMs);
    if (!finished) this.#parts.log.error("the item in hand is not finished; it stays on the bus");
    await this.#end(finished ? 0 : 1);
  }

  /** Ears first, then the voice: an agent that says it is there can be spoken to. */
  #listen(): void {
    const { options, connections, keys, clock, epoch, fence, figures, log, ending, ledger } = this.#parts;
    const { config } = options;
    const { control } = connections;
    const { signal } = ending;
    const queue = this.#queue;
    const reply = createReplier({ control, agent: this.id, key: config.key, epoch, clock, log, signal });
    const drills = createDrills(config.allowDrills, { queue, subscriptions: this.#subscriber.droppable, log, signal });
    const { inbox, broadcasts } = listen({
      ...{ config, connections, keys, clock, log, signal },
      control: {
        ...{ epoch, clock, ledger, queue, drills, reply, log, orders: this.#makeOrders() },
        isFenced: async () => !(await this.#mayWork(0)),
        finishWork: (graceMs) => this.#finishWork(graceMs),
        end: () => this.#end(0),
      },
    });
    this.#presence = createPresence({
      ...{ control, keys, config, epoch, clock, fence, queue, meters: this.#meters, figures, signal },
      declared: this.#declared(),
      runtime: options.runtime ?? { kind: "process", name: this.id },
      inboxReadAt: () => inbox.readAt(),
      broadcastReadAt: () => broadcasts?.readAt(),
      disguise: (beat) => drills.disguise(beat),
      stage: () => this.#stage ?? STAGES[this.#intake.state()],
      held: () => (this.#isOver ? undefined : this.#held()),
    });
    void this.#presence.run(() => this.#fenced());
  }

  #declared() {
    const { consumes, publishes, runs = {}, health } = this.#parts.options;
    const declared = declaredRuns(runs);
    return {
      ...{ consumes: [...consumes], publishes: [...publishes] },
      ...(declared.length > 0 && { runs: declared }),
      ...(health !== undefined && { health: true as const }),
    };
  }

  #makeOrders() {
    const { runs = {}, health } = this.#parts.options;
    return createOrders({
      ...{ intake: this.#intake, queue: this.#queue, runs, health, context: this.#context() },
      meterOf: (name) => this.#meters.of(name),
      held: () => this.#held(),
      tell: () => this.#tell(),
    });
  }

  #held(): number {
    return this.#queue.size() + this.#subscriber.aside();
  }

  /** A beat aside from the others; if Redis is away the next one tells. */
  async #tell(): Promise<void> {
    await this.#beatIfOurs().catch((error: unknown) =>
      this.#parts.log.warn("a beat aside could not be given", { reason: messageOf(error) }),
    );
  }

  #context(cause?: Envelope): WorkContext {
    const { clock, log, figures, ending } = this.#parts;
    const publish = this.#publisher(cause);
    const { calls } = figures;
    return { agent: this.id, log, publish, runs: this.#runs, calls, now: clock.now, signal: ending.signal };
  }

  async #mayWork(maxAgeMs = FENCE_MAX_AGE_MS): Promise<boolean> {
    const { fence, ending } = this.#parts;
    try {
      const holds = await persist(() => fence.holds(maxAgeMs), ending.signal);
      if (!holds) this.#fenced();
      return holds;
    } catch {
      return false; // The agent is ending.
    }
  }

  #finishWork(graceMs: number): Promise<boolean> {
    this.#stopping ??= this.#closeWork(graceMs).finally(() => {
      this.#stopping = null;
    });
    return this.#stopping;
  }

  async #closeWork(graceMs: number): Promise<boolean> {
    this.#stage = "stopping";
    this.#queue.close();
    const waiting = new AbortController();
    const finished = await Promise.race([
      this.#queue.idle().then(() => true),
      pause(graceMs, waiting.signal).then(() => false),
    ]);
    waiting.abort();
    if (!finished) {
      this.#stage = null;
      this.#queue.reopen();
    }
    return finished;
  }

  async #beatIfOurs(): Promise<void> {
    if (await this.#parts.fence.holds(0)) await this.#presence?.beat();
  }

  #fenced(): void {
    this.#parts.log.error("a newer process runs as this agent; I stop working and exit", { epoch: this.epoch });
    this.#queue.close();
    void this.#end(EXIT_FENCED);
  }

  async #reportFenced(): Promise<void> {
    const { connections, keys, options, clock, epoch, fence } = this.#parts;
    const newerEpoch = fence.newer();
    if (newerEpoch === null || this.#hasReported) return;
    this.#hasReported = true;
    const { control } = connections;
    await reportFenced({ control, keys, agent: this.id, key: options.config.key, now: clock.now(), epoch, newerEpoch });
  }

  async #end(code: number): Promise<void> {
    const { ending, connections, ledger, log, options } = this.#parts;
    if (ending.signal.aborted) return;
    this.#isOver = true;
    // What is done gets acknowledged, and the last beat says "stopping"; or it says who took its place. None may hold up the end.
    const goodbye = code === EXIT_FENCED ? [this.#reportFenced()] : [...this.#subscriber.flushed(), this.#beatIfOurs()];
    const waiting = new AbortController();
    await Promise.race([Promise.allSettled(goodbye), pause(1000, waiting.signal)]);
    waiting.abort();
    ending.abort();
    connections.close();
    await flushSpans();
    await ledger.close().catch((error: unknown) => log.error("the ledger is not closed", { reason: messageOf(error) }));
    log.info("ended", { code });
    this.#resolveEnded(code);
    (options.exit ?? process.exit)(code);
  }
}
