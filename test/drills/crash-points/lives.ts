import { type CrashPoint, type Traced, type Tracer, wasReached } from "./tracer.ts";

/** Which kind of process dies. */
export type Place = "control service" | "agent";

interface Life {
  readonly place: Place;
  readonly point: CrashPoint;
  readonly traced: Traced;
}

export interface LivesFound {
  readonly reached: number;
  /** Processes that ended before they came to their point. */
  readonly missed: number;
  /** Reached points by process and call. */
  readonly struck: ReadonlyMap<string, number>;
}

/** Gives each process a crash point of its own, and counts which of them were reached. */
export class Lives {
  readonly #tracer: Tracer;
  readonly #points: Readonly<Record<Place, Generator<CrashPoint, never>>>;
  readonly #lives = new Set<Life>();
  readonly #struck = new Map<string, number>();
  #reached = 0;
  #missed = 0;

  constructor(tracer: Tracer, points: Readonly<Record<Place, Generator<CrashPoint, never>>>) {
    this.#tracer = tracer;
    this.#points = points;
  }

  /** Points that were reached, so far. */
  get reached(): number {
    return this.#reached;
  }

  /** Whether each kind of process has died at least once, and all of them together so often. */
  haveReached(points: number): boolean {
    const places = Object.keys(this.#points);
    const died = (place: string) => [...this.#struck.keys()].some((name) => name.startsWith(place));
    return this.#reached >= points && places.every(died);
  }

  /** How it stands now. */
  found(): LivesFound {
    return { reached: this.#reached, missed: this.#missed, struck: new Map(this.#struck) };
  }

  /** A new process of this kind. @returns what to write in front of its program, and to call when it has ended */
  begin(place: Place): { readonly prefix: readonly string[]; readonly end: () => Promise<void> } {
    const point = this.#points[place].next().value;
    const life = { place, point, traced: this.#tracer.trace(point) };
    this.#lives.add(life);
    return { prefix: life.traced.prefix, end: () => this.#end(life) };
  }

  async #end(life: Life): Promise<void> {
    if (!this.#lives.delete(life)) return;
    if (!wasReached(await life.traced.counts(), life.point)) {
      this.#missed += 1;
      return;
    }
    this.#reached += 1;
    const name = `${life.place} ${life.point.call}`;
    this.#struck.set(name, (this.#struck.get(name) ?? 0) + 1);
  }
}
