import { z } from "zod";
import { defineCommand } from "../command.ts";
import { tellIncident } from "../incidents/tell-incident.ts";

const input = z.strictObject({
  id: z.string().min(1).max(30).describe("Id of the incident: inc-7"),
  page: z.number().int().min(1).max(10_000).default(1).describe("Page of 10 lines, in the order in which it happened"),
});

export default defineCommand({
  name: "incident",
  aliases: ["timeline"],
  kind: "read",
  summary: "Show all about one incident: its course, evidence, what changed before, what helped",
  role: "viewer",
  danger: 0,
  input,
  words: ["id"],
  examples: ["incident inc-7"],
  async run(raw, context) {
    const { id, page } = input.parse(raw);
    return await tellIncident(id, page, context);
  },
});
