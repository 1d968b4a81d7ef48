import { type KeyObject, randomBytes } from "node:crypto";
import { openReply } from "@rollcall/core/adapters/redis/sealed-replies.ts";
import { signBroadcast } from "@rollcall/core/protocol/broadcast-seal.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { deriveAgentKey, seal } from "@rollcall/core/protocol/seal.ts";
import type { BroadcastMessage, ControlMessage, ControlReply } from "@rollcall/core/protocol.ts";
import type { Redis } from "ioredis";

export interface Target {
  readonly redis: Redis;
  readonly fleet: string;
  readonly agent: string;
  readonly fleetKey: string;
}

/** An entry of a reply stream: opened if it is sealed as it should be. */
export interface Answer {
  readonly reply: ControlReply | null;
  readonly tookMs: number;
}

/** What was asked, and every answer that came. */
export interface Question {
  readonly message: Pick<ControlMessage, "replyTo" | "args" | "id" | "deadline">;
  answers(): Promise<Answer[]>;
  /** The n-th answer, or undefined if there are fewer 5 s after it was asked. */
  answer(count?: number): Promise<Answer | undefined>;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
export const ANSWER_MS = 5000;

export async function redisNow(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}

/** The agent under test, as the control service would talk to it. */
export class Subject {
  readonly target: Target;
  readonly keys: ReturnType<typeof keysOf>;
  readonly key: string;
  readonly #call = randomBytes(6).toString("hex");
  #asked = 0;

  constructor(target: Target) {
    this.target = target;
    this.keys = keysOf(target.fleet);
    this.key = deriveAgentKey(target.fleetKey, target.agent);
  }

  /** Sends a message; `kind` may be one that the protocol does not know. */
  async ask(kind: string, changes: Partial<ControlMessage> = {}, key = this.key): Promise<Question> {
    const { redis, agent } = this.target;
    this.#asked += 1;
    const id = changes.id ?? `conformance-${this.#call}-${this.#asked}`;
    const message = {
      v: 1,
      id,
      kind,
      epoch: null,
      deadline: (await redisNow(redis)) + 30_000,
      replyTo: this.keys.replies(id),
      args: {},
      ...changes,
    } as ControlMessage;
    const sentAt = performance.now();
    await redis.xadd(this.keys.inbox(agent), "*", "m", seal(key, message));
    return this.#question(message, sentAt);
  }

  /** Tells all agents, signed. */
  async broadcast(message: BroadcastMessage, key: KeyObject): Promise<Question> {
    const sentAt = performance.now();
    await this.target.redis.xadd(this.keys.broadcast, "*", "m", signBroadcast(key, message));
    return this.#question(message, sentAt);
  }

  #question(message: Pick<ControlMessage, "replyTo" | "args" | "id" | "deadline">, sentAt: number): Question {
    const { redis, agent } = this.target;
    const arrived = new Map<string, number>();
    const answers = async (): Promise<Answer[]> => {
      const entries = await redis.xrange(message.replyTo ?? "", "-", "+");
      return entries.map(([entry, fields]) => {
        if (!arrived.has(entry)) arrived.set(entry, performance.now() - sentAt);
        const reply = openReply(fields, () => this.key);
        return { reply: reply?.agent === agent ? reply : null, tookMs: arrived.get(entry) as number };
      });
    };
    const answer = async (count = 1): Promise<Answer | undefined> => {
      for (;;) {
        const found = (await answers())[count - 1];
        if (found !== undefined || performance.now() > sentAt + ANSWER_MS) return found;
        await sleep(25);
      }
    };
    return { message, answers, answer };
  }
}
