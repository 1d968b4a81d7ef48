import { z } from "zod";
import { defineCommand } from "../command.ts";
import { incidentMeant } from "../incident-meant.ts";
import { incidentField } from "../incidents/write-incident.ts";
import { takeIncident } from "../take-incident.ts";

const input = z.strictObject({ alert: incidentField });

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
  async targets(raw, { ports }) {
    await incidentMeant(input.parse(raw).alert, ports);
    return [];
  },
  // Taken by whom it was asked for, or ended since: either way nobody need take it any more.
  async findOut(_, { ports, operation }) {
    const incident = operation.incidentId === null ? null : await ports.incidents.find(operation.incidentId);
    if (incident === null) return { state: "failed", ending: "failed", error: "the alert is not there any more" };
    const { acknowledgedBy, acknowledgedAt, state } = incident;
    if (acknowledgedAt !== null && acknowledgedBy?.id === operation.actor.id) return { state: "done", ending: "done" };
    const now = state === "resolved" ? "the alert has ended since" : `${acknowledgedBy?.name ?? "nobody"} has it`;
    return { state: "failed", ending: "failed", error: `it was not taken by this: ${now}` };
  },
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
