import { z } from "zod";
import { defineCommand } from "../command.ts";
import { budget } from "../failure-budget.ts";
import { findOutStop } from "../lifecycle/find-out.ts";
import { awaitStop, orderStop, wish } from "../lifecycle/stop-agent.ts";
import { workingP0 } from "../lifecycle/working-p0.ts";
import { selectAgents, who } from "../selector.ts";

const input = z.strictObject({ who, budget });

export default defineCommand({
  name: "stop",
  aliases: [],
  kind: "act",
  summary: "Stop agents; they stay stopped until somebody starts them, and their alerts do not ring",
  role: "operator",
  danger: 2,
  interrupts: true,
  input,
  words: ["who"],
  examples: ["stop archive-writer", 'stop @content --reason "deploy"'],
  targets: (raw, { ports }) => selectAgents(input.parse(raw).who, ports, { verb: "Stop", isChange: true }),
  needsSecondPerson: workingP0,
  findOut: findOutStop,
  stages: [
    {
      name: "sent",
      async run(target, context) {
        // First of all, so that nobody is alarmed or starts it again.
        await wish(context, target.agent, { state: "stopped" });
        return orderStop(target, context);
      },
    },
    {
      name: "stopped",
      async run(target, context) {
        const stopped = await awaitStop(target, context);
        return stopped.state === "failed" ? stopped : { ...stopped, ending: "done" };
      },
    },
  ],
});
