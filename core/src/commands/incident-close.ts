import { z } from "zod";
import { defineCommand } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { isMeasured } from "../domain/incident.ts";
import { recordsOf } from "../incidents/gather-incident.ts";
import { incidentField, incidentToChange, writerOf } from "../incidents/write-incident.ts";

const words = z.string().trim().min(1).max(500);
const input = z.strictObject({
  alert: incidentField,
  text: words.describe("What it was"),
  helped: words.optional().describe("What helped"),
});

export default defineCommand({
  name: "incident-close",
  aliases: [],
  kind: "act",
  summary: "End an incident that was opened by hand, with its cause and what helped",
  role: "operator",
  danger: 1,
  input,
  words: ["alert", "text"],
  examples: ['incident close inc-7 the price feed hung --helped "restart of the feed"'],
  incidentId: (raw) => input.parse(raw).alert,
  async targets(raw, { ports }) {
    recordsOf(ports);
    const { alert } = input.parse(raw);
    const incident = await incidentToChange(alert, ports);
    if (!isMeasured(incident) && incident.state === "firing") return [];
    if (incident.state === "resolved")
      throw new Failure("conflict", `${alert} has ended already. Nothing was done.`, {
        ...{ found: "resolved", next: `What is still to be said is a note: incident note ${alert} …` },
      });
    throw new Failure("conflict", `${alert} ends by itself when its alert does. Nothing was done.`, {
      ...{ found: incident.alertname, next: `What you know is a note: incident note ${alert} …` },
    });
  },
  stages: [
    {
      name: "closed",
      async run(_, { ports, operation, isRepeat }) {
        const { alert, text, helped = null } = input.parse(operation.input);
        const closing = { by: writerOf(operation), cause: text, helped };
        if (await recordsOf(ports).close(alert, closing))
          return { state: "done", ending: "done", detail: `${alert} is closed` };
        const closed = isRepeat === true ? (await ports.incidents.find(alert))?.closed : undefined;
        const isOurs = closed?.by.id === closing.by.id && closed.cause === text;
        if (isOurs) return { state: "done", ending: "done", detail: `${alert} is closed` };
        return { state: "failed", ending: "failed", error: `${alert} has ended in the meantime. Nothing was done.` };
      },
    },
  ],
});
