import { z } from "zod";
import { defineCommand } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { listed } from "../fleet-words.ts";
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
    const { alert } = input.parse(raw);
    const incident = await ports.incidents.find(alert);
    if (incident === null) {
      const open = (await ports.incidents.open()).map(({ id }) => id);
      const hint = open.length === 0 ? "Nothing fires." : `Firing: ${listed(open)}.`;
      throw new Failure("not_found", `There is no ${alert}. ${hint} Nothing was done.`, {
        found: alert,
        allowed: open,
      });
    }
    if (incident.state === "resolved") {
      throw new Failure("conflict", `${alert} has ended already. Nothing was done.`, { found: "resolved" });
    }
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
