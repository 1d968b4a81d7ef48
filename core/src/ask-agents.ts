import { randomBytes } from "node:crypto";
import type { FleetBus } from "./ports/fleet.ts";
import { keysOf } from "./protocol/keys.ts";
import { type ControlMessage, type ControlReply, PROTOCOL_VERSION } from "./protocol.ts";

export interface Question {
  readonly fleet: string;
  readonly kind: "echo" | "canary";
  readonly agents: readonly string[];
  /** Only a process of this epoch may answer; null: any. */
  readonly epoch: number | null;
  readonly timeoutMs: number;
}

/** What was answered so far. */
export interface Answers {
  /** By agent: milliseconds from sending to the answer. */
  readonly took: ReadonlyMap<string, number>;
  /** Waits on for those who have not answered. */
  wait(timeoutMs: number): Promise<void>;
}

// A message may be on its way for a moment after nobody waits for it any more.
const DEADLINE_SLACK_MS = 5000;

/**
 * Sends a nonce to agents, all at once, and collects the answers that bring it back.
 * @throws Failure "unavailable"
 */
export async function askAgents(bus: FleetBus, question: Question): Promise<Answers> {
  const { fleet, kind, agents, timeoutMs } = question;
  const call = `${kind}-${randomBytes(8).toString("hex")}`;
  const replyTo = keysOf(fleet).replies(call);
  const took = new Map<string, number>();
  if (agents.length === 0) return { took, wait: () => Promise.resolve() };
  const deadline = (await bus.now()) + timeoutMs + DEADLINE_SLACK_MS;
  const sentAt = performance.now();
  await bus.send(
    agents.map((agent) => {
      const nonce = randomBytes(12).toString("base64url");
      const id = `${call}:${agent}`;
      const message: ControlMessage = {
        ...{ v: PROTOCOL_VERSION, id, kind, epoch: question.epoch, deadline, replyTo },
        args: { nonce },
      };
      return { agent, message };
    }),
  );
  const note = (reply: ControlReply): void => {
    const isAnswer = reply.outcome === "done" && (question.epoch === null || reply.epoch === question.epoch);
    if (isAnswer && !took.has(reply.agent)) took.set(reply.agent, performance.now() - sentAt);
  };
  const wait = async (waitMs: number): Promise<void> => {
    if (took.size === agents.length) return;
    await bus.collectReplies({ replyTo, expected: agents.length, timeoutMs: waitMs, onReply: note });
  };
  await wait(timeoutMs);
  return { took, wait };
}

/** "2 ms", "1.4 s" */
export const durationWords = (ms: number): string =>
  ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
