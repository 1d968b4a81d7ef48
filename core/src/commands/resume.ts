import { z } from "zod";
import { type ActContext, defineCommand, type StageResult } from "../command.ts";
import type { TargetProgress } from "../domain/operation.ts";
import { findOutOrdered } from "../lifecycle/find-out.ts";
import { findOrderable, giveOrder, resultOfReply } from "../lifecycle/order-agent.ts";
import { proveWork } from "../lifecycle/prove-work.ts";
import { wish } from "../lifecycle/stop-agent.ts";
import { selectAgents, who } from "../selector.ts";

const input = z.strictObject({ who });

export default defineCommand({
  name: "resume",
  aliases: ["unpause"],
  kind: "act",
  summary: "Let paused agents take work again, and prove that they do",
  role: "operator",
  danger: 1,
  input,
  words: ["who"],
  examples: ["resume distribution-manager", "resume verdict=paused"],
  targets: (raw, { ports }) => selectAgents(input.parse(raw).who, ports, { verb: "Resume", isChange: true }),
  findOut: findOutOrdered("resume"),
  stages: [
    { name: "sent", run: sendResume },
    {
      name: "working",
      async run(target, context) {
        const proven = await proveWork(target, context);
        return proven.state === "failed" ? proven : { ...proven, ending: "done" };
      },
    },
  ],
});

async function sendResume(target: TargetProgress, context: ActContext): Promise<StageResult> {
  const { agent } = target;
  const { agents } = await context.ports.registry.expected();
  const desired = agents.find(({ id }) => id === agent)?.desired.state;
  if (desired === "stopped")
    return {
      state: "failed",
      error: `${agent} is stopped, not paused; \`start ${agent}\` starts it`,
      ending: "failed",
    };
  const found = await findOrderable(target, context, "resume");
  if (desired === "running" && ("refusal" in found || found.beat.activity !== "paused"))
    return { state: "skipped", detail: "was not paused", ending: "done" };
  await wish(context, agent, { state: "running" });
  if ("refusal" in found) return { ...found.refusal, error: goneWords(agent) };
  const { epoch } = found.beat;
  const reply = await giveOrder(target, context, { kind: "resume", epoch });
  return { ...resultOfReply(agent, reply, "; it is wanted at work, and is told again"), memory: { epoch } };
}

const goneWords = (agent: string): string =>
  `${agent} is gone. It is wanted at work from now on; \`restart ${agent}\` starts it`;
