import { z } from "zod";
import { defineCommand } from "../command.ts";
import { recordsOf } from "../incidents/gather-incident.ts";
import { incidentField, incidentToChange, noteField, writerOf } from "../incidents/write-incident.ts";

const input = z.strictObject({
  alert: incidentField,
  text: noteField.describe("What is worth knowing: what was seen, tried or decided"),
});

export default defineCommand({
  name: "incident-note",
  aliases: ["note"],
  kind: "act",
  summary: "Add a note to an incident, also after its end",
  role: "operator",
  danger: 1,
  input,
  words: ["alert", "text"],
  examples: ["incident note inc-7 the key was renewed by its owner"],
  incidentId: (raw) => input.parse(raw).alert,
  async targets(raw, { ports }) {
    recordsOf(ports);
    await incidentToChange(input.parse(raw).alert, ports);
    return [];
  },
  stages: [
    {
      name: "noted",
      async run(_, { ports, operation }) {
        const { alert, text } = input.parse(operation.input);
        const note = { incident: alert, text, by: writerOf(operation), operation: operation.id };
        const { id } = await recordsOf(ports).note(note);
        return { state: "done", ending: "done", detail: `${id} in ${alert}` };
      },
    },
  ],
});
