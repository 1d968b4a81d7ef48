import { AgentsUnder } from "./agents-under.ts";
import type { KeptControl, Start } from "./control.ts";
import { Lives } from "./lives.ts";
import { pick, seeded, spread } from "./points.ts";
import type { CrashStage } from "./stage.ts";
import type { CallCounts, Traced, Tracer } from "./tracer.ts";
import { ask, type SeenOperation, untilEnded, type Wish, wishFor } from "./wishes.ts";

/** What was done, and what those who asked were told. */
export interface Course {
  readonly lives: Pick<Lives, "reached" | "missed" | "struck">;
  readonly crashes: Readonly<Record<"redis" | "postgres", number>>;
  readonly controlStarts: number;
  readonly seconds: number;
  /** Ids that were shown to the one who asked. */
  readonly accepted: readonly string[];
  readonly refused: readonly string[];
  /** Wishes that nobody answered. */
  readonly unanswered: readonly string[];
  readonly keys: readonly string[];
  /** The last restart of each agent, without any fault. */
  readonly last: readonly (SeenOperation | null)[];
  readonly url: string;
}

interface Run {
  readonly stage: CrashStage;
  readonly tracer: Tracer;
  readonly say: (sentence: string) => void;
  readonly points: number;
  readonly seed: number;
  readonly endAt: number;
}

const ROUND_WITHIN_MS = 120_000;
const SAY_EVERY_MS = 30_000;

export async function runRounds(run: Run): Promise<Course> {
  const control = await run.stage.addControl();
  const agents = new AgentsUnder(run.stage);
  const rounds = new Rounds(run, control, agents);
  const startedAt = Date.now();
  try {
    agents.follow();
    await control.ready();
    await rounds.bringUp();
    const counted = await rounds.calibrate();
    run.say(`output calls of one life: control service ${sum(counted.control)}, agent ${sum(counted.agent)}`);
    await rounds.strike(counted);
    const last = await rounds.recover();
    return { ...rounds.course(), last, seconds: (Date.now() - startedAt) / 1000, url: control.url };
  } finally {
    await agents.close();
  }
}

const sum = (counts: CallCounts): number => Object.values(counts).reduce((total, count) => total + count, 0);

interface Counted {
  readonly control: CallCounts;
  readonly agent: CallCounts;
}

class Rounds {
  readonly #run: Run;
  readonly #control: KeptControl;
  readonly #agents: AgentsUnder;
  readonly #random: () => number;
  readonly #stopped = new Set<string>();
  readonly #crashes = { redis: 0, postgres: 0 };
  readonly #accepted: string[] = [];
  readonly #refused: string[] = [];
  readonly #unanswered: string[] = [];
  readonly #keys: string[] = [];
  #lives: Lives | null = null;
  #round = 0;

  constructor(run: Run, control: KeptControl, agents: AgentsUnder) {
    this.#run = run;
    this.#control = control;
    this.#agents = agents;
    this.#random = seeded(run.seed);
  }

  async bringUp(): Promise<void> {
    await Promise.all(this.#run.stage.agents.map((agent) => this.#wish(wishFor("start", [agent]))));
  }

  /** One round without a fault: how many output calls a process makes in its life. */
  async calibrate(): Promise<Counted> {
    const { tracer, stage } = this.#run;
    const traced = new Map<string, Traced[]>();
    const follow = (who: string) => (): Start => {
      const one = tracer.trace(null);
      traced.set(who, [...(traced.get(who) ?? []), one]);
      return { prefix: one.prefix, end: () => undefined };
    };
    this.#control.startUnder(follow("control"));
    await this.#agents.use((agent) => follow(agent)());
    this.#control.signal("SIGKILL");
    await this.#control.ready();
    const restartAll = () => Promise.all(stage.agents.map((agent) => this.#wish(wishFor("restart", [agent]))));
    const countsOf = (who: string) => traced.get(who)?.[0]?.counts() as Promise<CallCounts>;
    await restartAll();
    const control = await countsOf("control");
    // The first restart has started processes that are followed, the second ends them.
    await restartAll();
    return { control, agent: await countsOf(stage.agents[0] as string) };
  }

  /** Every process has a crash point from now on, until enough of them were reached. */
  async strike({ control, agent }: Counted): Promise<void> {
    const { tracer, points, endAt, say } = this.#run;
    const together = Math.max(10, Math.round(points / 4));
    const lives = new Lives(tracer, {
      "control service": spread(control, together, this.#random),
      agent: spread(agent, together, this.#random),
    });
    this.#lives = lives;
    this.#control.startUnder(() => lives.begin("control service"));
    await this.#agents.use(() => lives.begin("agent"));
    this.#control.signal("SIGKILL");
    let saidAt = Date.now();
    // Few points are soon reached; both stores are killed all the same.
    while ((lives.reached < points || this.#round < 2) && Date.now() < endAt) {
      await Promise.all([this.#oneRound(), this.#crashStores()]);
      this.#round += 1;
      if (Date.now() < saidAt + SAY_EVERY_MS) continue;
      saidAt = Date.now();
      say(`round ${this.#round}: ${lives.reached} of ${points} points`);
    }
  }

  /** No faults any more: everything that was begun comes to an end, and every agent can be restarted. */
  async recover(): Promise<(SeenOperation | null)[]> {
    this.#control.startUnder(null);
    await this.#agents.use(null);
    this.#control.signal("SIGKILL");
    await this.#control.ready();
    await Promise.all(this.#accepted.map((id) => untilEnded(() => this.#control.url, id, ROUND_WITHIN_MS)));
    return Promise.all(this.#run.stage.agents.map((agent) => this.#restartAtLast(agent)));
  }

  /** On a busy machine somebody may not answer in time, and then nothing was done. */
  async #restartAtLast(agent: string): Promise<SeenOperation | null> {
    let seen: SeenOperation | null = null;
    for (let tries = 0; tries < 3 && seen?.ending !== "recovered"; tries += 1) {
      seen = await this.#wish(wishFor("restart", [agent]));
    }
    return seen;
  }

  course() {
    return {
      lives: this.#lives ?? { reached: 0, missed: 0, struck: new Map<string, number>() },
      crashes: this.#crashes,
      controlStarts: this.#control.starts(),
      accepted: this.#accepted,
      refused: this.#refused,
      unanswered: this.#unanswered,
      keys: this.#keys,
    };
  }

  async #oneRound(): Promise<void> {
    const wishes = this.#chooseWishes();
    await Promise.all(wishes.map((wish) => this.#wish(wish)));
    for (const { command, agents } of wishes) {
      for (const agent of agents) {
        if (command === "stop") this.#stopped.add(agent);
        else this.#stopped.delete(agent);
      }
    }
  }

  /** Each agent gets one order; now and then some get theirs together. */
  #chooseWishes(): Wish[] {
    const running = this.#run.stage.agents.filter((agent) => !this.#stopped.has(agent));
    const together = this.#round % 3 === 2 ? running.slice(0, 3) : [];
    const alone = this.#run.stage.agents.filter((agent) => !together.includes(agent));
    const bulk = together.length > 1 ? [wishFor("restart", together)] : [];
    return [...bulk, ...alone.map((agent) => wishFor(this.#verbFor(agent), [agent]))];
  }

  #verbFor(agent: string): string {
    if (this.#stopped.has(agent)) return "start";
    return pick(["restart", "restart", "stop"], this.#random);
  }

  /** Asks, and waits for the end. */
  async #wish(wish: Wish): Promise<SeenOperation | null> {
    const url = (): string => this.#control.url;
    this.#keys.push(wish.key);
    const told = await ask(url, wish).catch((error: Error) => error);
    if (told instanceof Error) this.#unanswered.push(told.message);
    else if ("refused" in told) this.#refused.push(told.refused);
    else {
      this.#accepted.push(told.operation);
      const seen = await untilEnded(url, told.operation, ROUND_WITHIN_MS);
      if (seen?.state !== "waiting") return seen;
      // Too many of its agents have failed: whoever asked for it cancels the rest.
      await this.#wish(wishFor("cancel", [], { operation: told.operation }));
      return untilEnded(url, told.operation, ROUND_WITHIN_MS);
    }
    return null;
  }

  async #crashStores(): Promise<void> {
    const turn = this.#round % 6;
    const store = turn === 0 ? "redis" : turn === 1 ? "postgres" : null;
    if (store === null) return;
    await new Promise((resolve) => setTimeout(resolve, this.#random() * 2000));
    await this.#run.stage.crash(store);
    this.#crashes[store] += 1;
  }
}
