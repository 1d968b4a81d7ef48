import { z } from "zod";
import { defineCommand } from "../command.ts";
import { budget } from "../failure-budget.ts";
import { findOutStart } from "../lifecycle/find-out.ts";
import { proveWork } from "../lifecycle/prove-work.ts";
import { startProcess } from "../lifecycle/start-agent.ts";
import { rememberProcess, wishStarted } from "../lifecycle/stop-agent.ts";
import { selectAgents, who } from "../selector.ts";

const input = z.strictObject({ who, budget });

export default defineCommand({
  name: "start",
  aliases: [],
  kind: "act",
  summary: "Start agents, and prove that they work",
  role: "operator",
  danger: 1,
  input,
  words: ["who"],
  examples: ["start archive-writer"],
  targets: (raw, { ports }) => selectAgents(input.parse(raw).who, ports, { verb: "Start", isChange: true }),
  findOut: findOutStart,
  stages: [
    {
      name: "sent",
      async run(target, context) {
        const memory = await rememberProcess(target, context);
        await wishStarted(context, target.agent);
        return { state: "done", memory };
      },
    },
    {
      name: "started",
      run: (target, context) =>
        target.memory.isUp === true
          ? Promise.resolve({ state: "skipped", detail: "was running" })
          : startProcess(target, context),
    },
    {
      name: "working",
      async run(target, context) {
        const proven = await proveWork(target, context);
        return proven.state === "failed" ? proven : { ...proven, ending: "done" };
      },
    },
  ],
});
