import { z } from "zod";
import { defineCommand } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { incidentMeant } from "../incident-meant.ts";
import { incidentField } from "../incidents/write-incident.ts";

const input = z.strictObject({ alert: incidentField });

/** PagerDuty's Events API can trigger, acknowledge and resolve, and nothing else. */
const NOT_IN_PAGERDUTY = "nobody has it; PagerDuty keeps it acknowledged and rings nobody";

export default defineCommand({
  name: "unack",
  aliases: ["give-back"],
  kind: "act",
  summary: "Give an alert back that somebody has taken: anybody may take it, and it rings nobody by that",
  role: "operator",
  danger: 1,
  input,
  words: ["alert"],
  examples: ["unack inc-7"],
  incidentId: (raw) => input.parse(raw).alert,
  async targets(raw, { ports }) {
    const incident = await incidentMeant(input.parse(raw).alert, ports);
    if (incident.acknowledgedBy !== null) return [];
    throw new Failure("conflict", `Nobody has ${incident.id}. Nothing was done.`, { found: "nobody has it" });
  },
  stages: [
    {
      name: "given back",
      async run(_, { ports, operation }) {
        const id = operation.incidentId;
        const isDone = id !== null && (await ports.incidents.giveBack(id, { takenBefore: operation.createdAt }));
        // A repeat of the stage finds it given back; so does who comes too late.
        return { state: isDone ? "done" : "skipped", ending: "done", detail: NOT_IN_PAGERDUTY };
      },
    },
  ],
});
