import { AgentsUnder } from "./agents-under.ts";
import { whatDied } from "./at-work.ts";
import type { KeptControl, Start } from "./control.ts";
import { Lives, type LivesFound } from "./lives.ts";
import { Orders } from "./orders.ts";
import { seeded, spread } from "./points.ts";
import type { CrashStage } from "./stage.ts";
import { killStores } from "./stores.ts";
import type { CallCounts, Traced, Tracer } from "./tracer.ts";
import { type SeenOperation, wishFor } from "./wishes.ts";

/** What was done, and what those who asked were told. */
export interface Course {
  readonly lives: LivesFound;
  readonly crashes: Readonly<Record<"redis" | "postgres", number>>;
  readonly controlStarts: number;
  /** From the first crash point on. */
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

/** They work side by side, so that one takes over what another one leaves. */
const CONTROLS = 3;
/** Of all points; the worker of a control service is a part of its process. The rest are of agents. */
export const CONTROL_SHARE = 1 / 3;
/** These get orders together now and then; each of the others is asked for by itself. */
const TOGETHER = 3;
const LOOK_MS = 200;
const SAY_EVERY_MS = 30_000;

export async function runCourse(run: Run): Promise<Course> {
  const controls = await Promise.all(Array.from({ length: CONTROLS }, () => run.stage.addControl()));
  const agents = new AgentsUnder(run.stage);
  const course = new RunningCourse(run, controls, agents);
  try {
    agents.follow();
    await course.ready();
    await course.bringUp();
    const counted = await course.calibrate();
    run.say(
      `points lie within so many output calls: control service ${sum(counted.control)}, agent ${sum(counted.agent)}`,
    );
    const struck = await course.strike(counted);
    const last = await course.recover(struck.ended);
    return { ...struck.found(), last };
  } finally {
    await agents.close();
  }
}

const sum = (counts: CallCounts): number => Object.values(counts).reduce((total, count) => total + count, 0);

interface Counted {
  readonly control: CallCounts;
  readonly agent: CallCounts;
}

class RunningCourse {
  readonly #run: Run;
  readonly #controls: readonly KeptControl[];
  readonly #agents: AgentsUnder;
  readonly #orders: Orders;

  constructor(run: Run, controls: readonly KeptControl[], agents: AgentsUnder) {
    this.#run = run;
    this.#controls = controls;
    this.#agents = agents;
    this.#orders = new Orders(controls.map(({ url }) => url));
  }

  async ready(): Promise<void> {
    await Promise.all(this.#controls.map((control) => control.ready()));
  }

  async bringUp(): Promise<void> {
    await Promise.all(this.#run.stage.agents.map((agent) => this.#orders.wish(wishFor("start", [agent]))));
  }

  /** Without a fault: how many output calls a process makes in its life. */
  async calibrate(): Promise<Counted> {
    const { tracer, stage } = this.#run;
    const traced = new Map<string, Traced[]>();
    const follow = (who: string) => (): Start => {
      const one = tracer.trace(null);
      traced.set(who, [...(traced.get(who) ?? []), one]);
      return { prefix: one.prefix, end: () => undefined };
    };
    this.#controls.forEach((control, index) => {
      control.startUnder(follow(`control-${index}`));
    });
    await this.#agents.use((agent) => follow(agent)());
    // A clean end leaves the compiled program behind for the next lives.
    this.#signal("SIGTERM");
    await this.ready();
    const countsOf = (who: string) => traced.get(who)?.[0]?.counts() as Promise<CallCounts>;
    // The first restart has started processes that are followed, the second ends them.
    for (let turn = 0; turn < 2; turn += 1) {
      await Promise.all(stage.agents.map((agent) => this.#orders.wish(wishFor("restart", [agent]))));
    }
    const counts = await Promise.all(this.#controls.map((_, index) => countsOf(`control-${index}`)));
    const control = counts.toSorted((a, b) => sum(a) - sum(b)).at(-1) as CallCounts;
    return { control, agent: await countsOf(stage.agents.at(-1) as string) };
  }

  /**
   * Every process has a crash point from now on, until enough of them were reached.
   * @returns `ended` once nobody asks for anything any more, and what has been found by then
   */
  async strike({ control, agent }: Counted) {
    const { tracer, points, endAt, seed, stage } = this.#run;
    const startedAt = Date.now();
    const random = seeded(seed);
    const together = Math.max(10, Math.round(points / 4));
    const ofControl = Math.round(points * CONTROL_SHARE);
    const lives = new Lives(tracer, {
      "control service": { points: spread(control, together, random), wanted: ofControl },
      agent: { points: spread(agent, together, random), wanted: points - ofControl },
    });
    for (const one of this.#controls)
      one.startUnder(() => lives.begin("control service", () => whatDied(stage, one.url)));
    await this.#agents.use(() => lives.beginAgent());
    this.#signal("SIGKILL");
    const isOver = () => lives.areOver || Date.now() > endAt;
    const [bulk, alone] = [stage.agents.slice(0, TOGETHER), stage.agents.slice(TOGETHER)];
    const lanes = [bulk, ...alone.map((one) => [one])];
    const asked = lanes.map((lane, index) => this.#orders.keepAsking(lane, seeded(seed + index + 1), isOver));
    const killed = killStores({ stage, random: seeded(seed), reached: () => lives.reached, isOver });
    // It is awaited below; without this its failure would end the drill at once, and leave its processes behind.
    killed.catch(() => undefined);
    await this.#untilOver(lives, isOver);
    const seconds = (Date.now() - startedAt) / 1000;
    const found = { lives: lives.found(), seconds };
    const crashes = await killed;
    return {
      ended: Promise.all(asked),
      found: () => ({ ...found, crashes, ...this.#orders.found(), ...this.#controlsFound() }),
    };
  }

  async #untilOver(lives: Lives, isOver: () => boolean): Promise<void> {
    const { say, points } = this.#run;
    let saidAt = Date.now();
    while (!isOver()) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      if (Date.now() < saidAt + SAY_EVERY_MS) continue;
      saidAt = Date.now();
      say(`${lives.reached} of ${points} points`);
    }
  }

  /** No faults any more: everything that was begun comes to an end, and every agent can be restarted. */
  async recover(ended: Promise<unknown>): Promise<(SeenOperation | null)[]> {
    for (const control of this.#controls) control.startUnder(null);
    await this.#agents.use(null);
    this.#signal("SIGKILL");
    await this.ready();
    await ended;
    await this.#orders.allEnded();
    return Promise.all(this.#run.stage.agents.map((agent) => this.#restartAtLast(agent)));
  }

  /** On a busy machine somebody may not answer in time, and then nothing was done. */
  async #restartAtLast(agent: string): Promise<SeenOperation | null> {
    let seen: SeenOperation | null = null;
    for (let tries = 0; tries < 3 && seen?.ending !== "recovered"; tries += 1) {
      seen = await this.#orders.wish(wishFor("restart", [agent]));
    }
    return seen;
  }

  #signal(signal: NodeJS.Signals): void {
    for (const control of this.#controls) control.signal(signal);
  }

  #controlsFound() {
    const controlStarts = this.#controls.reduce((total, control) => total + control.starts(), 0);
    return { controlStarts, url: this.#controls[0]?.url ?? "" };
  }
}
