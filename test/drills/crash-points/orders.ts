import { pick } from "./points.ts";
import { ask, type SeenOperation, untilEnded, type Wish, wishFor } from "./wishes.ts";

const ENDED_WITHIN_MS = 120_000;
/** An agent that another operation still has is asked for again after this. */
const REFUSED_MS = 1000;

/** Letters of a refusal: a plan in place of an operation is long. */
const SHOWN = 100;

/** Everything that an operator asks for while processes die, and what they are told. */
export class Orders {
  readonly #urls: readonly string[];
  readonly #stopped = new Set<string>();
  readonly #accepted: string[] = [];
  readonly #refused: string[] = [];
  readonly #unanswered: string[] = [];
  readonly #keys: string[] = [];
  #asked = 0;

  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  found() {
    const [accepted, refused] = [this.#accepted, this.#refused];
    return { accepted, refused, unanswered: this.#unanswered, keys: this.#keys };
  }

  /** Each agent gets one order after the other, and more than one agent get every third one together. */
  async keepAsking(agents: readonly string[], random: () => number, isOver: () => boolean): Promise<void> {
    for (let turn = 0; !isOver(); turn += 1) {
      const wishes = this.#choose(agents, random, turn % 3 === 2);
      await Promise.all(wishes.map((wish) => this.wish(wish)));
      for (const { command, agents: ordered } of wishes) {
        for (const agent of ordered) {
          if (command === "stop") this.#stopped.add(agent);
          else this.#stopped.delete(agent);
        }
      }
    }
  }

  /** Waits for what was accepted, once nothing dies any more. */
  async allEnded(): Promise<void> {
    const url = (): string => this.#nextUrl();
    await Promise.all(this.#accepted.map((id) => untilEnded(url, id, ENDED_WITHIN_MS)));
  }

  /** Asks, and waits for the end. */
  async wish(wish: Wish): Promise<SeenOperation | null> {
    const url = (): string => this.#nextUrl();
    this.#keys.push(wish.key);
    const told = await ask(url, wish).catch((error: Error) => error);
    if (told instanceof Error) this.#unanswered.push(told.message);
    else if ("refused" in told) {
      this.#refused.push(told.refused.slice(0, SHOWN));
      await new Promise((resolve) => setTimeout(resolve, REFUSED_MS));
    } else {
      this.#accepted.push(told.operation);
      const seen = await untilEnded(url, told.operation, ENDED_WITHIN_MS);
      if (seen?.state !== "waiting") return seen;
      // Too many of its agents have failed: whoever asked for it cancels the rest.
      await this.wish(wishFor("cancel", [], { operation: told.operation }));
      return untilEnded(url, told.operation, ENDED_WITHIN_MS);
    }
    return null;
  }

  #choose(agents: readonly string[], random: () => number, isBulk: boolean): Wish[] {
    const running = agents.filter((agent) => !this.#stopped.has(agent));
    const together = isBulk && running.length > 1 ? running : [];
    const alone = agents.filter((agent) => !together.includes(agent));
    const bulk = together.length > 0 ? [wishFor("restart", together)] : [];
    return [...bulk, ...alone.map((agent) => wishFor(this.#verbFor(agent, random), [agent]))];
  }

  #verbFor(agent: string, random: () => number): string {
    return this.#stopped.has(agent) ? "start" : pick(["restart", "restart", "stop"], random);
  }

  /** Who gets no answer from one control service asks the next one. */
  #nextUrl(): string {
    this.#asked += 1;
    return this.#urls[this.#asked % this.#urls.length] as string;
  }
}
