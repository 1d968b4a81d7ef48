import { z } from "zod";
import { defineCommand } from "../command.ts";
import { takeIncident } from "../take-incident.ts";

const input = z.strictObject({
  alert: z
    .string()
    .regex(/^inc-\d{1,15}$/, "the id of an incident, like inc-7")
    .describe("Incident, like inc-7"),
});

export default defineCommand({
  name: "ack",
  aliases: ["acknowledge"],
  kind: "act",
  summary: "Take an alert: it is yours, and the phones are silent",
  role: "operator",
  danger: 1,
  input,
  words: ["alert"],
  examples: ["ack inc-7"],
  incidentId: (raw) => input.parse(raw).alert,
  targets: async () => [],
  stages: [
    {
      name: "acknowledged",
      async run(_, context) {
        const untold = await takeIncident(context, null);
        return { state: "done", ending: "done", ...(untold !== null && { detail: untold }) };
      },
    },
  ],
});
