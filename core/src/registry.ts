import { isDeepStrictEqual } from "node:util";
import { Failure, isFailure } from "./domain/failure.ts";
import { compileFleet, type FleetFile } from "./fleet-file.ts";
import type { Clock } from "./ports/clock.ts";
import type { DesiredStates } from "./ports/desired-states.ts";
import type { FleetBus, FleetRegistry } from "./ports/fleet.ts";
import type { CompiledFleet, DesiredState } from "./protocol.ts";
import { readFleetAside } from "./read-fleet-aside.ts";
import { openWatchedFile, type WatchedFile } from "./watched-file.ts";

export interface RegistryOptions {
  /** Path of fleet.yaml. */
  readonly file: string;
  readonly desired: DesiredStates;
  readonly bus: Pick<FleetBus, "readFleet" | "publishFleet" | "now">;
  readonly clock: Clock;
  /** Called once for each new problem: of the file, of PostgreSQL, of Redis. */
  readonly onProblem: (problem: string) => void;
  /** Between two looks at the file, at the desired states and at what is published. */
  readonly refreshMs?: number;
}

/** The registry of a control service. */
export interface OpenRegistry extends FleetRegistry {
  /** Name of the fleet; fixed while the process runs. */
  readonly fleet: string;
  /** Reads the file and the desired states if they changed, and publishes what is new or was lost. */
  refresh(): Promise<void>;
  /** Refreshes now and then until `close`. */
  watch(): void;
  /** Ends the pauses whose time is over, and publishes that. @returns whose @throws Failure "unavailable" */
  endPauses(): Promise<readonly string[]>;
  /** What is wrong with fleet.yaml as it stands; null if it is in force. */
  fileProblem(): string | null;
  close(): Promise<void>;
}

/**
 * Opens the expected fleet: fleet.yaml merged with the desired states, published with a version that never goes back.
 * @throws Failure "invalid_input" if fleet.yaml has problems
 */
export async function openFleetRegistry(options: RegistryOptions): Promise<OpenRegistry> {
  const { onProblem } = options;
  let fleet: string | null = null;
  const file = await openWatchedFile<FleetFile>({
    path: options.file,
    onProblem,
    async read(path) {
      const read = await readFleetAside(path);
      fleet ??= read.fleet;
      if (read.fleet !== fleet) {
        const why = `${path}: fleet: found "${read.fleet}", allowed: "${fleet}" while the service runs`;
        throw new Failure("invalid_input", why);
      }
      return read;
    },
  });
  return new Registry(options, file);
}

/** What a list was compiled from; `newest` is the newest list there was then, or the compiled one itself. */
interface CompiledFrom {
  readonly file: FleetFile;
  readonly desired: ReadonlyMap<string, DesiredState>;
  readonly newest: CompiledFleet | null;
}

class Registry implements OpenRegistry {
  readonly fleet: string;
  readonly #options: RegistryOptions;
  readonly #file: WatchedFile<FleetFile>;
  /** null until PostgreSQL has told them once. */
  #desired: ReadonlyMap<string, DesiredState> | null = null;
  #compiled: CompiledFleet | null = null;
  #from: CompiledFrom | null = null;
  readonly #toldProblems = new Set<string>();
  #running: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: RegistryOptions, file: WatchedFile<FleetFile>) {
    this.#options = options;
    this.#file = file;
    this.fleet = file.current().fleet;
  }

  async expected(): Promise<CompiledFleet> {
    if (this.#compiled === null) await this.refresh();
    if (this.#compiled === null) throw new Failure("unavailable", "the expected fleet cannot be read");
    return this.#compiled;
  }

  async setDesired(agents: readonly string[], desired: DesiredState): Promise<void> {
    await this.#options.desired.set(agents, desired);
    this.#desired = new Map([...(this.#desired ?? []), ...agents.map((agent) => [agent, desired] as const)]);
    await this.refresh();
  }

  async endPauses(): Promise<readonly string[]> {
    const { desired, clock } = this.#options;
    const ended = await desired.endPauses(clock.now());
    if (ended.length > 0) await this.refresh();
    return ended;
  }

  /** One at a time; who asks during a refresh waits for one that begins after it. */
  async refresh(): Promise<void> {
    const before = this.#running;
    const mine = (async () => {
      await before;
      await this.#refresh();
    })();
    this.#running = mine;
    try {
      await mine;
    } finally {
      if (this.#running === mine) this.#running = null;
    }
  }

  watch(): void {
    if (this.#isClosed || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.refresh()
        .catch((error: unknown) => this.#options.onProblem(String(error)))
        .finally(() => {
          this.#timer = null;
          this.watch();
        });
    }, this.#options.refreshMs ?? 2000);
    this.#timer.unref();
  }

  fileProblem(): string | null {
    return this.#file.problem();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running?.catch(() => undefined);
  }

  async #refresh(): Promise<void> {
    const { desired, bus } = this.#options;
    await this.#file.check();
    this.#desired = (await this.#unlessAway("PostgreSQL", () => desired.readAll())) ?? this.#desired;
    const published = await this.#unlessAway("Redis", () => bus.readFleet());
    const isRedisAway = published === undefined;
    if (this.#desired === null) {
      // Without PostgreSQL nobody knows who is stopped on purpose; the last list that was published says so.
      this.#compiled ??= published ?? null;
      return;
    }
    const newest = newestOf(this.#compiled, published ?? null);
    this.#compiled = await this.#compile({ file: this.#file.current(), desired: this.#desired, newest });
    if (!isRedisAway && published?.version !== this.#compiled.version) {
      const fleet = this.#compiled;
      await this.#unlessAway("Redis", () => bus.publishFleet(fleet));
    }
  }

  /** At 10,000 agents it takes a third of a second, so nothing is compiled while nothing has changed. */
  async #compile(from: CompiledFrom): Promise<CompiledFleet> {
    if (this.#from !== null && this.#compiled !== null && isDeepStrictEqual(from, this.#from)) return this.#compiled;
    const { file, desired, newest } = from;
    const compiled = compileFleet(file, desired, await this.#stamp(newest));
    const result = newest !== null && isSame(compiled, newest) ? newest : compiled;
    this.#from = { file, desired, newest: result };
    return result;
  }

  /** The version is at least the time, so it does not go back when both Redis and this process have forgotten it. */
  async #stamp(newest: CompiledFleet | null): Promise<{ version: number; now: number }> {
    const now = (await this.#unlessAway("Redis", () => this.#options.bus.now())) ?? this.#options.clock.now();
    return { version: Math.max((newest?.version ?? 0) + 1, now), now };
  }

  /** @returns undefined if it is away, which is told once until it is back */
  async #unlessAway<Result>(what: string, ask: () => Promise<Result>): Promise<Result | undefined> {
    try {
      const result = await ask();
      this.#toldProblems.delete(what);
      return result;
    } catch (error) {
      if (!isFailure(error) || error.code !== "unavailable") throw error;
      if (!this.#toldProblems.has(what)) this.#options.onProblem(`${what} is away: ${error.message}`);
      this.#toldProblems.add(what);
      return undefined;
    }
  }
}

const newestOf = (one: CompiledFleet | null, other: CompiledFleet | null): CompiledFleet | null =>
  one === null || (other !== null && other.version > one.version) ? other : one;

const isSame = (one: CompiledFleet, other: CompiledFleet): boolean => isSameJson(contentOf(one), contentOf(other));
const contentOf = ({ fleet, agents, topics, keep, minimums }: CompiledFleet) => ({
  ...{ fleet, agents, topics, keep, minimums },
});

/** Two values are the same if JSON says the same of them, in whatever order it has fields. Ends at the first difference. */
function isSameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!isObject(one) || !isObject(other) || Array.isArray(one) !== Array.isArray(other)) return false;
  return (
    Object.keys(one).every((key) => isSameJson(one[key], other[key])) &&
    Object.keys(other).every((key) => other[key] === undefined || one[key] !== undefined)
  );
}

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === "object";
