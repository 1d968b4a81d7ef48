import { z } from "zod";
import { defineCommand } from "../command.ts";
import { timeToken } from "../domain/report.ts";
import { lookAction } from "../fleet-report.ts";
import { gatherIncident } from "../incidents/gather-incident.ts";
import { whatOf } from "../incidents/incident-words.ts";
import { postMortem } from "../incidents/post-mortem.ts";

const input = z.strictObject({ id: z.string().min(1).max(30).describe("Id of the incident: inc-7") });

export default defineCommand({
  name: "post-mortem",
  aliases: [],
  kind: "read",
  summary: "Write the post-mortem of an incident as far as facts go, as a file in Markdown",
  role: "viewer",
  danger: 0,
  input,
  words: ["id"],
  examples: ["post-mortem inc-7"],
  async run(raw, { ports }) {
    const story = await gatherIncident(input.parse(raw).id, ports);
    const { incident, asOf } = story;
    const text = postMortem(story);
    return {
      headline: `*Post-mortem of ${incident.id}* — ${whatOf(incident)}`,
      context: `facts only, the rest is for those who were there · as of ${timeToken(asOf)}`,
      lines: [],
      fields: [],
      actions: [lookAction("Timeline", "incident", { id: incident.id })],
      sameAs: `same as /fleet post-mortem ${incident.id}`,
      file: { name: `${incident.id}-post-mortem.md`, title: `Post-mortem of ${incident.id}`, text },
      data: { asOf, id: incident.id, markdown: text },
    };
  },
});
