import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createPool, type Pool, query } from "@rollcall/core/adapters/postgres/pool.ts";
import { createSlackClient, type SlackClient } from "@rollcall/local/slack/client.ts";
import { createSlackStandIn } from "@rollcall/local/slack/stand-in.ts";
import type { KeptControl } from "../drills/crash-points/control.ts";
import { effectsOf, readEffects } from "../drills/crash-points/effects.ts";
import { type CrashStage, openCrashStage } from "../drills/crash-points/stage.ts";
import { ask, type SeenOperation, untilEnded, type Wish, wishFor } from "../drills/crash-points/wishes.ts";
import { eventually } from "../store-fixture.ts";

const OPS = "C0OPS";

/** Control services beside each other, in front of real agents and a Slack. */
export interface ControlPair {
  readonly stage: CrashStage;
  readonly slack: SlackClient;
  /** Ends those that run, and starts two. @param others of the second, if it differs from the first */
  start(
    changes?: Readonly<Record<string, string>>,
    others?: Readonly<Record<string, string>>,
  ): Promise<readonly [KeptControl, KeptControl]>;
  /** Accepts a wish, at the first of those that run unless another is named. @returns the operation's id */
  tell(wish: Wish, at?: KeptControl): Promise<string>;
  /** The one that carries the operation out now, and the other one. */
  executorOf(operation: string): Promise<{ executor: KeptControl; other: KeptControl }>;
  /** Waits until the agent's ledger has the effect: the order has arrived. */
  untilEffect(agent: string, id: string): Promise<void>;
  ended(operation: string, at: KeptControl): Promise<SeenOperation | null>;
  revisionOf(operation: string): Promise<number>;
  /** Ids that took effect on agents or on the supervisor, each as often as it did. */
  effects(operation: string): Promise<string[]>;
  /** Texts of the operation's message: one, if there is one message. */
  messages(operation: string): Promise<string[]>;
  close(): Promise<void>;
}

export async function openControlPair(agents: readonly string[]): Promise<ControlPair> {
  const standIn = await createSlackStandIn({
    ...{ port: 0, signingSecret: "the-signing-secret-of-a-drill", botToken: "xoxb-of-a-drill" },
    ...{ rateLimits: false, logLevel: "silent" },
  });
  const stage = await openCrashStage({ agents, environment: { SLACK_API_URL: `${standIn.url}/api/` } });
  const pool = createPool({ url: stage.ownerUrl, name: "rollcall-test" });
  return new Pair({ stage, pool, slack: createSlackClient(standIn.url), closeSlack: () => standIn.close() });
}

interface Parts {
  readonly stage: CrashStage;
  readonly pool: Pool;
  readonly slack: SlackClient;
  readonly closeSlack: () => Promise<unknown>;
}

class Pair implements ControlPair {
  readonly stage: CrashStage;
  readonly slack: SlackClient;
  readonly #pool: Pool;
  readonly #closeSlack: () => Promise<unknown>;
  #running: readonly KeptControl[] = [];

  constructor({ stage, pool, slack, closeSlack }: Parts) {
    this.stage = stage;
    this.#pool = pool;
    this.slack = slack;
    this.#closeSlack = closeSlack;
  }

  async start(changes: Readonly<Record<string, string>> = {}, others = changes) {
    await Promise.all(this.#running.map((control) => control.close()));
    const pair = [await this.stage.addControl(changes), await this.stage.addControl(others)] as const;
    this.#running = pair;
    await Promise.all(pair.map((control) => control.ready()));
    return pair;
  }

  async tell(wish: Wish, at = this.#running[0] as KeptControl): Promise<string> {
    const told = await ask(() => at.url, wish);
    if ("operation" in told) return told.operation;
    throw new Error(`${wish.command} was refused: ${told.refused}`);
  }

  async executorOf(operation: string) {
    let found = "";
    await eventually(async () => {
      const rows = await query<{ instance: string }>(
        this.#pool,
        `select instance from control_leases
         join operations on lease_epoch = epoch
         where operations.id = $1 and expires_at > clock_timestamp()`,
        [operation.slice("op-".length)],
      );
      found = rows[0]?.instance ?? "";
      return found !== "";
    }, 60_000);
    const executor = this.#running.find(({ url }) => found.endsWith(url)) as KeptControl;
    return { executor, other: this.#running.find((control) => control !== executor) as KeptControl };
  }

  async untilEffect(agent: string, id: string): Promise<void> {
    await eventually(async () => (await this.#agentEffects(agent)).times.has(id), 60_000);
  }

  ended(operation: string, at: KeptControl): Promise<SeenOperation | null> {
    return untilEnded(() => at.url, operation, 120_000);
  }

  async revisionOf(operation: string): Promise<number> {
    const number = operation.slice("op-".length);
    const rows = await query<{ revision: number }>(this.#pool, "select revision from operations where id = $1", [
      number,
    ]);
    return rows[0]?.revision ?? 0;
  }

  async effects(operation: string): Promise<string[]> {
    const times = (await readEffects(this.stage.agents.map(this.stage.agentDir))).times;
    const ledger = await readFile(join(this.stage.folder, "supervisor/commands.jsonl"), "utf8");
    for (const line of ledger.split("\n").filter((text) => text !== "")) {
      const { id, answer } = JSON.parse(line) as { id: string; answer: unknown };
      // The agent's own ledger says that it was started; that it was killed only the supervisor's does.
      if (answer === null && id.endsWith(":kill")) (times as Map<string, number>).set(id, (times.get(id) ?? 0) + 1);
    }
    return effectsOf({ times }, operation).flatMap((id) => Array<string>(times.get(id) ?? 0).fill(id));
  }

  async messages(operation: string): Promise<string[]> {
    const all = await this.slack.messages(OPS);
    return all
      .filter(({ thread_ts, text }) => thread_ts === null && text.includes(`(${operation})`))
      .map(({ text }) => text);
  }

  async close(): Promise<void> {
    await this.#pool.end();
    await this.stage.close();
    await this.#closeSlack();
  }

  #agentEffects(agent: string) {
    return readEffects([this.stage.agentDir(agent)]);
  }
}

/** Hangs the agent's work loop, so that its stop takes five seconds: time enough for a fault. */
export async function hang(pair: ControlPair, agent: string, at: KeptControl): Promise<void> {
  const operation = await pair.tell(wishFor("drill", [agent], { fault: "hang", id: agent }), at);
  await pair.ended(operation, at);
}

/** A restart whose order to stop has just reached an agent that does not stop at once. @returns the operation's id */
export async function restartUnderWay(pair: ControlPair, agent: string, at: KeptControl): Promise<string> {
  await hang(pair, agent, at);
  const operation = await pair.tell(wishFor("restart", [agent]), at);
  await pair.untilEffect(agent, `${operation}:${agent}:stop`);
  return operation;
}

/** An agent that hangs is stopped over the bus, ended by force, and started, each once. */
export const onceEach = (operation: string, agent: string): string[] =>
  ["kill", "start", "stop"].map((effect) => `${operation}:${agent}:${effect}`);
