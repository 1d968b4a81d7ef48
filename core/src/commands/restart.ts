import { z } from "zod";
import { endMuting, muteRestart, ringOnFailure } from "../brakes/mute-restart.ts";
import { defineCommand } from "../command.ts";
import { budget } from "../failure-budget.ts";
import { awaitClear, leaveClear, rememberIncident } from "../lifecycle/await-clear.ts";
import { findOutRestart } from "../lifecycle/find-out.ts";
import { proveWork } from "../lifecycle/prove-work.ts";
import { startProcess } from "../lifecycle/start-agent.ts";
import { awaitStop, orderStop, wishStarted } from "../lifecycle/stop-agent.ts";
import { workingP0 } from "../lifecycle/working-p0.ts";
import { selectAgents, who } from "../selector.ts";
import { takeIncident } from "../take-incident.ts";

const input = z.strictObject({ who, budget });

export default defineCommand({
  name: "restart",
  aliases: ["bounce"],
  kind: "act",
  summary: "Stop agents and start them again, and prove that they work",
  role: "operator",
  danger: 2,
  interrupts: true,
  bringsBack: true,
  input,
  words: ["who"],
  examples: ["restart billing", "restart @content health=critical"],
  targets: (raw, { ports }) => selectAgents(input.parse(raw).who, ports, { verb: "Restart", isChange: true }),
  needsSecondPerson: workingP0,
  findOut: findOutRestart,
  stages: [
    {
      name: "sent",
      async run(target, context) {
        // First of all: an alert that is on its way already would be sent, and nobody told of its end.
        const muting = await muteRestart(target, context);
        const ordered = await orderStop(target, context);
        if (ordered.state === "failed") {
          await endMuting({ ...target, memory: muting }, context, 0);
          return { ...ordered, error: `${ordered.error}. Nothing was done.` };
        }
        await wishStarted(context, target.agent);
        const untold = await takeIncident(context, "by restarting");
        const memory = { ...muting, ...ordered.memory, ...(await rememberIncident(target, context)) };
        return { ...ordered, memory, ...(untold !== null && { detail: untold }) };
      },
    },
    { name: "stopped", run: ringOnFailure((target, context) => awaitStop(target, context)) },
    { name: "started", run: ringOnFailure((target, context) => startProcess(target, context)) },
    { name: "working", run: ringOnFailure((target, context) => proveWork(target, context)) },
    {
      name: "alert clear",
      async run(target, context) {
        await endMuting(target, context);
        return awaitClear(target, context);
      },
      whenCancelled: leaveClear,
    },
  ],
});
