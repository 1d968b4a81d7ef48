import { randomBytes } from "node:crypto";
import type { FleetBus } from "./ports/fleet.ts";
import { keysOf } from "./protocol/keys.ts";
import { type BroadcastMessage, type ControlReply, PROTOCOL_VERSION } from "./protocol.ts";

export interface Question {
  readonly fleet: string;
  readonly kind: "echo" | "canary";
  readonly agents: readonly string[];
  /** Those of them that are told by one broadcast; the others, and all if left out, through their inboxes. */
  readonly listeners?: ReadonlySet<string>;
  /** Only a process of this epoch may answer; null: any. */
  readonly epoch: number | null;
  readonly timeoutMs: number;
  /** Where the answers are put, beside those to an earlier question. */
  readonly took?: Map<string, number>;
}

/** What was answered so far. */
export interface Answers {
  /** By agent: milliseconds from sending to the answer. */
  readonly took: ReadonlyMap<string, number>;
  /** Waits on for those who have not answered. @param among only for these of them */
  wait(timeoutMs: number, among?: readonly string[]): Promise<void>;
}

// A message may be on its way for a moment after nobody waits for it any more.
const DEADLINE_SLACK_MS = 5000;

/**
 * Sends a nonce to agents, all at once, and collects the answers that bring it back.
 * @throws Failure "unavailable"
 */
export async function askAgents(bus: FleetBus, question: Question): Promise<Answers> {
  const { send, answers } = await prepare(bus, question);
  // Whoever listens before the question is out hears the answer one way earlier.
  await Promise.all([send(), answers.wait(question.timeoutMs)]);
  return answers;
}

/** As `askAgents`, but waits for nobody: `wait` does. @throws Failure "unavailable" */
export async function sendQuestion(bus: FleetBus, question: Question): Promise<Answers> {
  const { send, answers } = await prepare(bus, question);
  await send();
  return answers;
}

async function prepare(bus: FleetBus, question: Question) {
  const { fleet, kind, agents, timeoutMs } = question;
  const call = `${kind}-${randomBytes(8).toString("hex")}`;
  const replyTo = keysOf(fleet).replies(call);
  const deadline = agents.length === 0 ? 0 : (await bus.now()) + timeoutMs + DEADLINE_SLACK_MS;
  const common = { v: PROTOCOL_VERSION, kind, deadline, replyTo } as const;
  const [heard, others] = split(agents, question.listeners ?? new Set());
  const messages = others.map((agent) => ({
    agent,
    message: { ...common, id: `${call}:${agent}`, epoch: question.epoch, args: { nonce: makeNonce() } },
  }));
  const toAll: BroadcastMessage = { ...common, id: call, to: null, args: { nonce: makeNonce() } };
  const send = () => Promise.all([heard.length > 0 && bus.broadcast(toAll, heard), bus.send(messages)]);
  return { send, answers: collectAnswers(bus, question, replyTo) };
}

const makeNonce = (): string => randomBytes(12).toString("base64url");

const split = (agents: readonly string[], listeners: ReadonlySet<string>) =>
  [agents.filter((agent) => listeners.has(agent)), agents.filter((agent) => !listeners.has(agent))] as const;

function collectAnswers(bus: FleetBus, question: Question, replyTo: string): Answers {
  const { agents, kind, epoch, took = new Map<string, number>() } = question;
  const asked = new Set(agents);
  let answered = 0;
  const place = { last: "0-0" };
  const sentAt = performance.now();
  const wait = async (timeoutMs: number, among: readonly string[] = agents): Promise<void> => {
    const missing = new Set(among.filter((agent) => asked.has(agent) && !took.has(agent)));
    if (missing.size === 0) return;
    const onReply = (reply: ControlReply): void => {
      const isAnswer = reply.outcome === "done" && (epoch === null || reply.epoch === epoch);
      if (!isAnswer || took.has(reply.agent)) return;
      answered += 1;
      const ms = performance.now() - sentAt;
      took.set(reply.agent, ms);
      bus.answered?.(kind, ms);
      missing.delete(reply.agent);
    };
    const expected = agents.length - answered;
    await bus.collectReplies({ replyTo, expected, timeoutMs, onReply, isEnough: () => missing.size === 0, place });
  };
  return { took, wait };
}

/** "2 ms", "1.4 s" */
export const durationWords = (ms: number): string =>
  ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
