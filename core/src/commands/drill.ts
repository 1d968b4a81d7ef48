import { z } from "zod";
import { type ActContext, defineCommand, type StageResult } from "../command.ts";
import { isFailure } from "../domain/failure.ts";
import type { TargetProgress } from "../domain/operation.ts";
import { findOutDrill } from "../lifecycle/find-out.ts";
import { effectId } from "../lifecycle/stop-agent.ts";
import { END_OF_FAULTS, FAULTS } from "../protocol/faults.ts";
import { keysOf } from "../protocol/keys.ts";
import { type ControlMessage, type ControlReply, PROTOCOL_VERSION } from "../protocol.ts";
import { selectOne } from "../selector.ts";

const input = z.strictObject({
  fault: z.enum([...FAULTS, END_OF_FAULTS]).describe("What is to go wrong; end: what can end without a restart ends"),
  id: z.string().min(1).max(200).describe("Id of the agent"),
});
const ANSWER_MS = 5000;

export default defineCommand({
  name: "drill",
  aliases: [],
  kind: "act",
  summary: "Rehearse a fault on one agent, or end it",
  role: "operator",
  danger: 1,
  input,
  words: ["fault", "id"],
  examples: ["drill hang order-validator", "drill drop-subscription billing", "drill end billing"],
  async targets(raw, { ports }) {
    const { id } = input.parse(raw);
    return [await selectOne(id, ports, { verb: "Drill", what: "A drill" })];
  },
  findOut: findOutDrill,
  stages: [{ name: "sent", run: sendFault }],
});

/** The order is fenced by the epoch: the process that comes after a crash is not crashed again. */
async function sendFault(target: TargetProgress, { ports, operation, isRepeat }: ActContext): Promise<StageResult> {
  const { agent } = target;
  const { fault } = input.parse(operation.input);
  const id = effectId(operation, agent, "drill");
  let ending: "failed" | "unknown" = isRepeat === true ? "unknown" : "failed";
  try {
    const [{ fleet }, now, presence] = await Promise.all([
      ports.registry.expected(),
      ports.bus.now(),
      ports.bus.readPresence([agent]),
    ]);
    const epoch = presence.get(agent)?.beat?.epoch ?? null;
    if (epoch === null) return { state: "failed", error: `${agent} was never seen. Nothing was done.`, ending };
    const replyTo = keysOf(fleet).replies(id);
    const message: ControlMessage = {
      ...{ v: PROTOCOL_VERSION, id, kind: "drill", epoch, deadline: now + ANSWER_MS, replyTo, args: { fault } },
    };
    // From here on the agent may have it, whether we hear of that or not.
    ending = "unknown";
    await ports.bus.send([{ agent, message }]);
    const [reply] = await ports.bus.collectReplies({ replyTo, expected: 1, timeoutMs: ANSWER_MS });
    return resultOf(agent, reply);
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { state: "failed", error: error.message, ending };
  }
}

function resultOf(agent: string, reply: ControlReply | undefined): StageResult {
  if (reply === undefined)
    return { state: "failed", error: `${agent} did not answer in ${ANSWER_MS / 1000} s`, ending: "unknown" };
  const { detail } = reply;
  if (reply.outcome === "done") return { state: "done", ending: "done", ...(detail !== null && { detail }) };
  if (reply.outcome === "repeated") return { state: "done", ending: "done" };
  const ending = reply.outcome === "failed" ? "failed" : reply.outcome;
  return { state: "failed", error: reply.detail ?? reply.outcome, ending };
}
