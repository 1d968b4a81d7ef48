import type { Start } from "./control.ts";
import type { CrashStage } from "./stage.ts";

const LOOK_MS = 50;

/** Gives each process of the agents what `next` says, from its first call on. */
export class AgentsUnder {
  readonly #stage: CrashStage;
  readonly #waiting = new Map<string, Start>();
  readonly #running = new Map<string, { readonly pid: number; readonly start: Start | null }>();
  #next: ((agent: string) => Start | null) | null = null;
  #isClosed = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(stage: CrashStage) {
    this.#stage = stage;
  }

  /** @param next asked once for each process; null of it or in its place: as usual */
  async use(next: ((agent: string) => Start | null) | null): Promise<void> {
    this.#next = next;
    for (const agent of this.#stage.agents) await this.#prepare(agent);
  }

  /** Looks for new processes until it is closed. */
  follow(): void {
    this.#ended = (async () => {
      while (!this.#isClosed) {
        await this.#look().catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    })();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#ended;
    for (const { start } of this.#running.values()) await start?.end();
  }

  async #look(): Promise<void> {
    for (const { agent, pid } of await this.#stage.supervisor.list()) {
      const before = this.#running.get(agent);
      if (pid === null || pid === before?.pid || !this.#stage.agents.includes(agent)) continue;
      this.#running.set(agent, { pid, start: this.#waiting.get(agent) ?? null });
      await this.#prepare(agent);
      await before?.start?.end();
    }
  }

  async #prepare(agent: string): Promise<void> {
    const start = this.#next?.(agent) ?? null;
    if (start === null) this.#waiting.delete(agent);
    else this.#waiting.set(agent, start);
    await this.#stage.startUnder(agent, start?.prefix ?? null);
  }
}
