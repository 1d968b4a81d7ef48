import type { Start } from "./control.ts";
import { type CrashPoint, type Traced, type Tracer, wasReached } from "./tracer.ts";

/** Which kind of process dies. */
export type Place = "control service" | "agent";

/** Part of its share that one kind of process may be ahead of the other one. */
const AHEAD = 0.05;

interface Life {
  readonly place: Place;
  /** What it was at when it died, in a word. */
  readonly work: () => Promise<string>;
  readonly point: CrashPoint;
  readonly traced: Traced;
}

export interface LivesFound {
  readonly reached: Readonly<Record<Place, number>>;
  /** Processes that ended before they came to their point. */
  readonly missed: number;
  /** Reached points by what died, and call. */
  readonly struck: ReadonlyMap<string, number>;
}

/** How a kind of process dies. */
interface Dying {
  readonly points: Generator<CrashPoint, never>;
  /** So many of its points are wanted. */
  readonly wanted: number;
}

/** Gives each process a crash point of its own, and counts which of them were reached. */
export class Lives {
  readonly #tracer: Tracer;
  readonly #places: Readonly<Record<Place, Dying>>;
  readonly #lives = new Set<Life>();
  readonly #struck = new Map<string, number>();
  readonly #reached: Record<Place, number> = { "control service": 0, agent: 0 };
  #missed = 0;

  constructor(tracer: Tracer, places: Readonly<Record<Place, Dying>>) {
    this.#tracer = tracer;
    this.#places = places;
  }

  /** Points that were reached, so far. */
  get reached(): number {
    return this.#reached["control service"] + this.#reached.agent;
  }

  /** Whether all together have died as often as is wanted, and control services as often as is wanted of them. */
  get areOver(): boolean {
    const { agent, "control service": control } = this.#places;
    return this.reached >= agent.wanted + control.wanted && this.#doneOf("control service") >= 1;
  }

  /** How it stands now. */
  found(): LivesFound {
    return { reached: this.#reached, missed: this.#missed, struck: new Map(this.#struck) };
  }

  /** An agent that starts. While agents are ahead of their share one lives to its natural end. @returns null then */
  beginAgent(): Start | null {
    return this.#doneOf("agent") > this.#doneOf("control service") + AHEAD ? null : this.begin("agent");
  }

  /**
   * A new process of this kind.
   * @param work asked as soon as it has died: by which name its point is counted
   * @returns what to write in front of its program, and to call when it has ended
   */
  begin(place: Place, work: Life["work"] = async () => place): Start {
    const point = this.#places[place].points.next().value;
    const life = { place, work, point, traced: this.#tracer.trace(point) };
    this.#lives.add(life);
    return { prefix: life.traced.prefix, end: () => this.#end(life) };
  }

  async #end(life: Life): Promise<void> {
    if (!this.#lives.delete(life)) return;
    const work = await life.work();
    if (!wasReached(await life.traced.counts(), life.point)) {
      this.#missed += 1;
      return;
    }
    this.#reached[life.place] += 1;
    const name = `${work} ${life.point.call}`;
    this.#struck.set(name, (this.#struck.get(name) ?? 0) + 1);
  }

  #doneOf(place: Place): number {
    return this.#reached[place] / this.#places[place].wanted;
  }
}
