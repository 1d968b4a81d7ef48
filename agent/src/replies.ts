import { seal } from "@rollcall/core/protocol/seal.ts";
import { type ControlMessage, type ControlReply, PROTOCOL_VERSION } from "@rollcall/core/protocol.ts";
import type { Redis } from "ioredis";
import type { BusClock } from "./clock.ts";
import { type Log, messageOf } from "./log.ts";
import { persist } from "./persist.ts";
import { inTraceOf } from "./tracing.ts";

/** Nobody reads an answer after this time; the stream goes with it. */
const REPLIES_LIVE_SECONDS = 600;

export interface ReplierParts {
  readonly control: Redis;
  readonly agent: string;
  readonly key: string;
  readonly epoch: number;
  readonly clock: BusClock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export type Outcome = Pick<ControlReply, "outcome"> & Partial<Pick<ControlReply, "detail" | "waitedMs" | "tookMs">>;
export type Reply = (message: ControlMessage, outcome: Outcome) => Promise<void>;

/** Answers control messages, sealed; resolves when Redis has taken the answer, or cannot. */
export function createReplier({ control, agent, key, epoch, clock, log, signal }: ReplierParts): Reply {
  return async (message, { outcome, detail = null, waitedMs = null, tookMs = null }) => {
    const { replyTo } = message;
    if (replyTo === null) return;
    const reply: ControlReply = {
      v: PROTOCOL_VERSION,
      id: message.id,
      agent,
      epoch,
      at: clock.now(),
      outcome,
      detail: detail?.slice(0, 500) ?? null,
      nonce: message.args.nonce ?? null,
      waitedMs,
      tookMs,
    };
    const sealed = seal(key, reply);
    const write = () =>
      persist(async () => {
        const answered = control.pipeline().xadd(replyTo, "*", "agent", agent, "m", sealed);
        const outcomes = await answered.expire(replyTo, REPLIES_LIVE_SECONDS).exec();
        const failed = outcomes?.find(([error]) => error !== null);
        if (outcomes === null || failed !== undefined) throw failed?.[0] ?? new Error("Redis did not answer");
      }, signal);
    try {
      // The work loop answers a canary: what it does for that is no part of what it did before.
      await inTraceOf(message, { name: "send reply", kind: "producer", about: { "rollcall.outcome": outcome } }, write);
    } catch (error) {
      log.warn("an answer cannot be given", { id: message.id, reason: messageOf(error) });
    }
  };
}
