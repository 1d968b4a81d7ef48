import { z } from "zod";
import { type ActContext, defineCommand } from "../command.ts";
import { timeToken } from "../domain/report.ts";
import { findOutOrdered } from "../lifecycle/find-out.ts";
import { findOrderable, giveOrder, resultOfReply } from "../lifecycle/order-agent.ts";
import { wish } from "../lifecycle/stop-agent.ts";
import { workingP0 } from "../lifecycle/working-p0.ts";
import { selectAgents, who } from "../selector.ts";
import { spanField, spanMillis } from "../time-span.ts";

const input = z.strictObject({
  who,
  time: spanField
    .optional()
    .describe("After this time it resumes by itself: 30m, 2h; left out: when somebody resumes it"),
});
/** Whoever wants it off for longer stops it. */
const LONGEST = "30d";

export default defineCommand({
  name: "pause",
  aliases: [],
  kind: "act",
  summary:
    "Let agents take no new work; they keep what is in hand, stay alive, and resume by themselves if a time is given",
  role: "operator",
  danger: 2,
  input,
  words: ["who", "time"],
  examples: [
    "pause archive-writer",
    "pause distribution-manager 2h",
    'pause @content --reason "messaging token is renewed"',
  ],
  async targets(raw, { ports }) {
    const { who: words, time } = input.parse(raw);
    if (time !== undefined) spanMillis(time, LONGEST);
    return selectAgents(words, ports, { verb: "Pause", isChange: true });
  },
  needsSecondPerson: workingP0,
  findOut: findOutOrdered("pause"),
  stages: [
    {
      name: "sent",
      async run(target, context) {
        if (await isStopped(target.agent, context)) {
          return { state: "skipped", detail: "is stopped, so it takes no work", ending: "done" };
        }
        const found = await findOrderable(target, context, "pause");
        if ("refusal" in found) return found.refusal;
        // The wish comes first: whoever starts it from now on starts it paused.
        const until = untilOf(context);
        const memory = { epoch: found.beat.epoch, wasPaused: await wasPaused(target.agent, context) };
        await wish(context, target.agent, { state: "paused", until });
        return { state: "done", memory, ...(until !== null && { detail: `until ${timeToken(until)}` }) };
      },
    },
    {
      name: "paused",
      async run(target, context) {
        const epoch = Number(target.memory.epoch);
        const reply = await giveOrder(target, context, { kind: "pause", epoch });
        const result = resultOfReply(target.agent, reply, "; it stays wanted paused, and is told again");
        return result.state === "done" ? { ...result, ending: "done" } : result;
      },
    },
  ],
});

/** The same at each repeat of the stage: counted from when it was asked. */
function untilOf({ operation }: ActContext): number | null {
  const { time } = input.parse(operation.input);
  return time === undefined ? null : operation.createdAt + spanMillis(time, LONGEST);
}

const isStopped = async (agent: string, context: ActContext): Promise<boolean> =>
  (await desiredOf(agent, context))?.state === "stopped";

/** Before this operation: what a repeat of the stage finds is its own. Who takes it back leaves that pause as it was. */
async function wasPaused(agent: string, context: ActContext): Promise<boolean> {
  const desired = await desiredOf(agent, context);
  return desired?.state === "paused" && (desired.since ?? 0) < context.operation.createdAt;
}

async function desiredOf(agent: string, { ports }: ActContext) {
  const { agents } = await ports.registry.expected();
  return agents.find(({ id }) => id === agent)?.desired;
}
