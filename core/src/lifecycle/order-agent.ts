import type { ActContext, StageResult } from "../command.ts";
import { isFailure } from "../domain/failure.ts";
import { isForeign } from "../domain/foreign-verdict.ts";
import { ageSeconds, HEARTBEAT_DEADLINE_SECONDS } from "../domain/freshness.ts";
import type { TargetProgress } from "../domain/operation.ts";
import { keysOf } from "../protocol/keys.ts";
import { type ControlMessage, type ControlReply, type Heartbeat, PROTOCOL_VERSION } from "../protocol.ts";
import { effectId } from "./stop-agent.ts";

/** How long an agent may take to answer an order that it obeys at once, ms. */
export const ANSWER_MS = 5000;
/** Minor version of the protocol that brought pause, resume, drain, run and health. */
export const ORDERS_SINCE_MINOR = 3;

/** Something that an agent is told to do once. */
export interface Order {
  readonly kind: "pause" | "resume" | "drain" | "run";
  readonly epoch: number;
  readonly args?: ControlMessage["args"];
  /** How long its answer is waited for, if that is not the usual time; 0: it is not. */
  readonly answerMs?: number;
}

/**
 * The agent's newest heartbeat, if it can be told to pause, resume, drain or run.
 * @returns why it cannot, as the end of the stage: gone, foreign, or of an older version of the protocol
 * @throws Failure "unavailable"
 */
export async function findOrderable(
  { agent }: Pick<TargetProgress, "agent">,
  { ports }: ActContext,
  verb: string,
): Promise<{ readonly beat: Heartbeat } | { readonly refusal: StageResult }> {
  const [{ agents }, now, presence] = await Promise.all([
    ports.registry.expected(),
    ports.bus.now(),
    ports.bus.readPresence([agent]),
  ]);
  const beat = presence.get(agent)?.beat ?? null;
  const refuse = (why: string) => ({ refusal: refuseOrder(`${why}. Nothing was done.`) });
  if (agents.some((one) => one.id === agent && isForeign(one)))
    return refuse(`${agent} does not speak the protocol, so it cannot ${verb}; its supervisor can stop it`);
  if (beat === null || ageSeconds(beat.at, now) > HEARTBEAT_DEADLINE_SECONDS)
    return refuse(`${agent} has no fresh heartbeat, so nobody can tell it to ${verb}`);
  const minor = beat.minor ?? 0;
  if (minor < ORDERS_SINCE_MINOR)
    return refuse(
      `${agent} speaks protocol ${beat.v}.${minor}; ${verb} is not supported before ${PROTOCOL_VERSION}.${ORDERS_SINCE_MINOR}`,
    );
  return { beat };
}

const refuseOrder = (error: string): StageResult => ({ state: "failed", error, ending: "failed" });

/**
 * Sends an order, fenced by the epoch and named after the operation, so that a repeat of the stage has no second effect.
 * @returns the answer; undefined if none came in time, and then the agent may have obeyed all the same
 * @throws Failure "unavailable"
 */
export async function giveOrder(
  { agent }: Pick<TargetProgress, "agent">,
  { ports, operation }: ActContext,
  { kind, args = {}, epoch, answerMs = ANSWER_MS }: Order,
): Promise<ControlReply | undefined> {
  const [{ fleet }, now] = await Promise.all([ports.registry.expected(), ports.bus.now()]);
  const id = effectId(operation, agent, kind);
  const replyTo = keysOf(fleet).replies(id);
  const message = { v: PROTOCOL_VERSION, id, kind, epoch, deadline: now + ANSWER_MS, replyTo, args } as const;
  await ports.bus.send([{ agent, message }]);
  if (answerMs === 0) return undefined;
  const [reply] = await ports.bus.collectReplies({ replyTo, expected: 1, timeoutMs: answerMs });
  return reply;
}

/** What a stage that gave an order came to. @param instead what is so although nobody answered */
export function resultOfReply(agent: string, reply: ControlReply | undefined, instead = ""): StageResult {
  if (reply === undefined) {
    const error = `${agent} did not answer in ${ANSWER_MS / 1000} s${instead}`;
    return { state: "failed", error, ending: "unknown" };
  }
  const { outcome, detail } = reply;
  if (outcome === "done") return { state: "done", ...(detail !== null && { detail }) };
  // The ledger says it was applied: this stage was interrupted before it could be stored.
  if (outcome === "repeated") return { state: "done" };
  return { state: "failed", error: detail ?? outcome, ending: outcome };
}

/** The same as an end of the stage, where going on without an answer would be a guess. */
export async function orFailed(stage: Promise<StageResult>, ending: "failed" | "unknown"): Promise<StageResult> {
  try {
    return await stage;
  } catch (error) {
    if (isFailure(error)) return { state: "failed", error: error.message, ending };
    throw error;
  }
}
