import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { askAgents } from "@rollcall/core/ask-agents.ts";
import { type Keys, keysOf } from "@rollcall/core/protocol/keys.ts";
import { deriveAgentKey } from "@rollcall/core/protocol/seal.ts";
import { Redis } from "ioredis";
import { type Figure, plain, single } from "./figures.ts";

const FLEET = "bench-malformed";
const READER = "order-validator";
const BYSTANDER = "stock-keeper";
const TOPIC = "orders.received";
const ANSWERS = ["orders.validated", "orders.rejected"];
const MALFORMED = 10_000;
const CHUNK = 250;
const EVERY_MS = 50;
const LIMIT_MS = 1000;
const START_MS = 30_000;

/** What a stream holds that is no event, each sort in turn; of the large ones a few. */
const SORTS: readonly ((index: number) => string)[] = [
  (index) => `{"broken":${index}`,
  (index) => JSON.stringify({ ...eventOf(`x-${index}`), time: "yesterday" }),
  (index) => JSON.stringify({ ...eventOf(`x-${index}`), type: "orders.late" }),
  () => "\u0000\uFFFF",
  (index) => JSON.stringify({ ...eventOf(`x-${index}`), data: [index] }),
  (index) => (index % 60 === 5 ? "[".repeat(20_000) : `[${index}]`),
  (index) => (index === 2506 || index === 7506 ? "x".repeat(5 * 2 ** 20) : ""),
];

export interface MalformedPlace {
  readonly redisUrl: string;
  readonly fleetKey: string;
}

/** Good neighbours while 10,000 messages that are none go through the same topic, and then through the same inbox. */
export async function measureMalformed(place: MalformedPlace): Promise<Figure[]> {
  const stage = await openStage(place);
  try {
    const topic = await stage.during((index) => (SORTS[index % SORTS.length] as (index: number) => string)(index));
    const inbox = await stage.during((index) => `v1.${index}`, keysOf(FLEET).inbox(READER), "m");
    const why = "the agent that puts them aside shares its cores with all processes of the stack";
    const worst = (what: string, value: number) => single({ what, value, limit: LIMIT_MS, unit: "ms", why });
    return [
      worst("same topic: longest way of a good event to its handler and back", topic.event),
      worst("same topic: longest echo of the agent that reads it", topic.echo),
      worst("same topic: longest echo of another agent", topic.bystander),
      worst("same inbox: longest echo of its agent", inbox.echo),
      worst("same inbox: longest way of a good event through that agent", inbox.event),
      plain("put aside with a reason", `${(await stage.countDeadLetters()).toLocaleString("en")} in ${topic.words}`),
    ];
  } finally {
    await stage.close();
  }
}

const eventOf = (order: string) => ({
  ...{ specversion: "1.0", id: order, source: "bench", type: TOPIC, time: new Date().toISOString() },
  ...{ datacontenttype: "application/json", correlationid: order },
  data: { order, sequence: 1, article: "mug", quantity: 1, city: "Riga", amountCents: 900 },
});

async function openStage({ redisUrl, fleetKey }: MalformedPlace): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), "rollcall-bench-malformed-"));
  const children = [READER, BYSTANDER].map((agent) =>
    spawn(process.execPath, [join(import.meta.dirname, "../../agent/src/sample/main.ts")], {
      env: {
        ...{ PATH: process.env.PATH, ROLLCALL_AGENT: agent, ROLLCALL_FLEET: FLEET, REDIS_URL: redisUrl },
        ...{ ROLLCALL_AGENT_KEY: deriveAgentKey(fleetKey, agent), ROLLCALL_AGENT_DIR: join(dir, agent) },
      },
      stdio: "ignore",
    }),
  );
  const stage = new Stage({ redisUrl, fleetKey, dir, children });
  await stage.untilAnswered().catch(async (error) => {
    await stage.close();
    throw error;
  });
  return stage;
}

interface Worst {
  readonly event: number;
  readonly echo: number;
  readonly bystander: number;
  /** How long it took until all were put aside. */
  readonly words: string;
}

interface StageParts extends MalformedPlace {
  readonly dir: string;
  readonly children: readonly ChildProcess[];
}

class Stage {
  readonly #parts: StageParts;
  readonly #keys: Keys = keysOf(FLEET);
  readonly #redis: Redis;
  readonly #ear: Redis;
  readonly #bus: ReturnType<typeof openFleetBus>;
  /** When each good event was sent that has not come back. */
  readonly #under = new Map<string, number>();
  #worst = 0;
  #sent = 0;
  #isOver = false;

  constructor(parts: StageParts) {
    this.#parts = parts;
    const { redisUrl, fleetKey } = parts;
    this.#bus = openFleetBus({ url: redisUrl, fleet: FLEET, fleetKey });
    this.#redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
    this.#ear = new Redis(redisUrl, { maxRetriesPerRequest: null });
    void this.#hear();
  }

  async untilAnswered(): Promise<void> {
    for (const deadline = performance.now() + START_MS; performance.now() < deadline; ) {
      const ms = [await this.#echo(READER), await this.#echo(BYSTANDER)];
      if (ms.every((one) => one < LIMIT_MS)) return this.#warmUp();
    }
    throw new Error(`${READER} and ${BYSTANDER} did not answer in ${START_MS / 1000} s`);
  }

  /** Sends all that is malformed, and good events and echoes beside it, until the last of both is dealt with. */
  async during(make: (index: number) => string, stream = this.#keys.topic(TOPIC), field = "e"): Promise<Worst> {
    this.#worst = 0;
    const begun = performance.now();
    const state = { isFlooding: true };
    const flooded = this.#flood({ make, stream, field }).finally(() => {
      state.isFlooding = false;
    });
    const [, echo, bystander] = await Promise.all([
      this.#sendGood(state),
      this.#askWhile(state, READER),
      this.#askWhile(state, BYSTANDER),
      flooded,
    ]);
    await this.#untilAllCameBack();
    return { event: this.#worst, echo, bystander, words: `${((performance.now() - begun) / 1000).toFixed(1)} s` };
  }

  async countDeadLetters(): Promise<number> {
    const rows = (await this.#redis.xinfo("STREAM", this.#keys.deadLetters(TOPIC)).catch(() => [])) as unknown[];
    return Number(rows[rows.indexOf("entries-added") + 1] ?? 0);
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#bus.close();
    this.#ear.disconnect();
    for (const child of this.#parts.children) {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      if (child.exitCode === null) await ended;
    }
    for await (const found of this.#redis.scanStream({ match: `rc:*${FLEET}*`, count: 1000 }))
      if ((found as string[]).length > 0) await this.#redis.unlink(...(found as string[]));
    this.#redis.disconnect();
    await rm(this.#parts.dir, { recursive: true, force: true });
  }

  async #warmUp(): Promise<void> {
    for (let index = 0; index < 20; index += 1) await this.#sendOne();
    await this.#untilAllCameBack();
  }

  async #flood({ make, stream, field }: { make(index: number): string; stream: string; field: string }): Promise<void> {
    for (let first = 0; first < MALFORMED; first += CHUNK) {
      const pipeline = this.#redis.pipeline();
      for (let index = first; index < first + CHUNK; index += 1) pipeline.xadd(stream, "*", field, make(index));
      await pipeline.exec();
    }
  }

  async #sendGood(state: { readonly isFlooding: boolean }): Promise<void> {
    do {
      await this.#sendOne();
      await sleep(EVERY_MS);
    } while (state.isFlooding || this.#under.size > 0);
  }

  async #sendOne(): Promise<void> {
    this.#sent += 1;
    const order = `good-${this.#sent}`;
    this.#under.set(order, performance.now());
    await this.#redis.xadd(this.#keys.topic(TOPIC), "*", "e", JSON.stringify(eventOf(order)));
  }

  async #askWhile(state: { readonly isFlooding: boolean }, agent: string): Promise<number> {
    let worst = 0;
    do {
      worst = Math.max(worst, await this.#echo(agent));
      await sleep(EVERY_MS);
    } while (state.isFlooding || this.#under.size > 0);
    return worst;
  }

  async #echo(agent: string): Promise<number> {
    const question = { fleet: FLEET, kind: "echo", agents: [agent], epoch: null, timeoutMs: 10_000 } as const;
    const { took } = await askAgents(this.#bus, question);
    return took.get(agent) ?? question.timeoutMs;
  }

  async #untilAllCameBack(): Promise<void> {
    for (const deadline = performance.now() + 60_000; this.#under.size > 0; await sleep(10))
      if (performance.now() > deadline) throw new Error(`${this.#under.size} good events did not come back in 60 s`);
  }

  async #hear(): Promise<void> {
    const streams = ANSWERS.map((topic) => this.#keys.topic(topic));
    const last = streams.map(() => "0-0");
    while (!this.#isOver) {
      const found = await this.#ear.xread("BLOCK", 1000, "STREAMS", ...streams, ...last).catch(() => null);
      for (const [stream, entries] of found ?? []) {
        last[streams.indexOf(stream)] = entries.at(-1)?.[0] ?? "0-0";
        for (const [, fields] of entries) this.#note(JSON.parse(fields[1] ?? "{}").correlationid);
      }
    }
  }

  #note(order: string): void {
    const sentAt = this.#under.get(order);
    if (sentAt === undefined) return;
    this.#under.delete(order);
    this.#worst = Math.max(this.#worst, performance.now() - sentAt);
  }
}
